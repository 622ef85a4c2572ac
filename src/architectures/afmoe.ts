import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import { attention, normHeads, projectOutput, projectQkv, rotate } from "./blocks/attention.js";
import { blockNorm, decoder } from "./blocks/decoder.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

/** Every fourth block does without rope. */
function rotated(il: number): boolean {
  return (il + 1) % 4 !== 0;
}

/** What attention found is gated by the input before it is projected, and normed after. */
function gatedAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const parts = normHeads(b, il, projectQkv(b, il, x));
  const found = attention(b, il, rotated(il) ? rotate(b, parts) : parts, { project: false });
  const gate = b.unary(b.linear(b.needLayer(il, "attn_gate.weight"), x));
  return blockNorm(b, il, "post_attention_norm", projectOutput(b, il, b.mul(found, gate)));
}

/** Trinity: three blocks with a window and rope, then one with neither; experts with shared ones (models/afmoe.cpp). */
export const afmoe: Architecture = {
  id: "afmoe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const { heads, keyLength } = headGeometry(hp, il);
      const width = hp.number("expert_feed_forward_length");
      const shared = hp.number("expert_shared_count");
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.layer(il, "attn_gate.weight", inventory.embedding, heads * keyLength);
      inventory.norm(il, "post_attention_norm");
      inventory.norm(il, "ffn_norm");
      if (il < hp.number("leading_dense_block_count", 0)) {
        inventory.feedForward(il);
      } else {
        inventory.experts(il, width);
        if (shared > 0) inventory.sharedExpert(il, width * shared);
      }
      inventory.norm(il, "post_ffw_norm");
    }),
  layers: (hp) =>
    attentionLayers(hp, slidingPattern(hp, 4)).map((layer, il) =>
      rotated(il) ? layer : { ...layer, variant: "no rope" },
    ),
  graph: (b) =>
    decoder(b, {
      start: (x) => b.scale(x),
      attention: (il, x) => gatedAttention(b, il, x),
      feedForward: (il, x) => expertsOrDense(b, il, x, statedRouting(b.hp, "sigmoid")),
      afterFeedForward: (il, x) => b.norm(x, b.layer(il, "post_ffw_norm.weight")),
    }),
};
