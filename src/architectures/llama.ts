import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { Inventory } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Llama 1 to 3, Mistral, Mixtral, Yi, SmolLM2... (models/llama.cpp) */
export const llama: Architecture = {
  id: "llama",
  tensors(hp) {
    const inventory = new Inventory(hp);
    inventory.ends();
    inventory.ropeTables();
    for (let il = 0; il < inventory.blockCount; il++) {
      inventory.layer(il, "attn_norm.weight", inventory.embedding);
      inventory.attention(il);
      inventory.layer(il, "ffn_norm.weight", inventory.embedding);
      if (hp.number("expert_count", 0) > 0) inventory.experts(il, hp.numberAt("feed_forward_length", il));
      else inventory.feedForward(il);
    }
    return inventory.tensors;
  },
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    const longContext =
      b.plan.shape.contextPerSequence >
      b.hp.number("rope.scaling.original_context_length", b.hp.number("context_length"));
    const table = longContext ? "rope_factors_long.weight" : "rope_factors_short.weight";
    decoder(b, {
      attention: (il, x) => {
        const factors = b.ropeFactors("rope_freqs.weight", il) ?? b.ropeFactors(table, il);
        return attention(b, il, rotate(b, projectQkv(b, il, x), factors));
      },
      feedForward: (il, x) =>
        b.layer(il, "ffn_gate_inp.weight") ? experts(b, il, x, { normalise: true }) : feedForward(b, il, x),
    });
  },
};
