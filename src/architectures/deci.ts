import type { Architecture } from "../core/architecture.js";
import { projectOutput, rotaryAttention } from "./blocks/attention.js";
import { blockNorm, finish } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/**
 * Nemotron 51B, Super 49B, Ultra 253B: Llama 3 with attention or feed-forward removed from some blocks,
 * or attention replaced by one matrix (models/deci.cpp).
 */
export const deci: Architecture = {
  id: "deci",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const { heads, keyValueHeads } = headGeometry(hp, il);
      if (heads > 0) inventory.norm(il, "attn_norm");
      if (keyValueHeads > 0) inventory.attention(il);
      else if (heads > 0) inventory.layer(il, "attn_output.weight", inventory.embedding, inventory.embedding);
      if (hp.numberAt("feed_forward_length", il) > 0) {
        inventory.norm(il, "ffn_norm");
        inventory.feedForward(il);
      }
    }),
  // blocks without attention have a cache of no width, which is V's widest when V is stored transposed
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    let x = b.tokenEmbeddings();
    for (const il of b.blocks) {
      let residual = x;
      let t = x;
      const heads = b.headCount(il);
      if (heads > 0) t = blockNorm(b, il, "attn_norm", x);
      if (heads > 0 && b.headCountKv(il) > 0) {
        t = rotaryAttention(b, il, t, { factors: b.contextRopeFactors(il) });
      } else if (heads > 0) {
        t = projectOutput(b, il, t);
      }
      if (b.isLast(il)) {
        t = b.getRows(t, b.outputIds());
        residual = b.getRows(residual, b.outputIds());
      }
      // without feed-forward llama.cpp drops the block's result too
      if (b.hp.numberAt("feed_forward_length", il) === 0) continue;
      if (heads > 0) t = b.add(t, residual);
      x = b.add(feedForward(b, il, blockNorm(b, il, "ffn_norm", t)), t);
    }
    finish(b, x);
  },
};
