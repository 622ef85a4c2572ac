import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { headGeometry, Inventory } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/**
 * Phi 3, 3.5 and 4: Q, K and V in one matrix, gate and up in one matrix. The window the file names is
 * not used by llama.cpp, so every block keeps the whole context (models/phi3.cpp).
 */
export const phi3: Architecture = {
  id: "phi3",
  tensors(hp) {
    const inventory = new Inventory(hp);
    const { embedding } = inventory;
    inventory.ends();
    inventory.ropeTables();
    for (let il = 0; il < inventory.blockCount; il++) {
      const { heads, keyValueHeads, keyLength } = headGeometry(hp, il);
      const width = hp.numberAt("feed_forward_length", il);
      inventory.layer(il, "attn_norm.weight", embedding);
      inventory.layer(il, "attn_qkv.weight", embedding, (heads + 2 * keyValueHeads) * keyLength);
      inventory.layer(il, "attn_output.weight", heads * keyLength, embedding);
      inventory.layer(il, "ffn_norm.weight", embedding);
      inventory.layer(il, "ffn_up.weight", embedding, 2 * width);
      inventory.layer(il, "ffn_down.weight", width, embedding);
    }
    return inventory.tensors;
  },
  slidingWindow: () => 0,
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    const trained = b.hp.number("rope.scaling.original_context_length", b.hp.number("context_length"));
    const table = b.plan.shape.contextPerSequence > trained ? "rope_factors_long.weight" : "rope_factors_short.weight";
    decoder(b, {
      attention: (il, x) => {
        const parts = rotate(b, projectQkv(b, il, x), b.ropeFactors(table, il));
        return attention(b, il, { ...parts, q: b.scale(parts.q) });
      },
      feedForward: (il, x) => feedForward(b, il, x, "fused-glu"),
      residualFirst: true,
    });
  },
};
