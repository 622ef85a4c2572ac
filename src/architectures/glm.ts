import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import { attention, projectQkv, rotateNormed } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense, expertWidth, statedRouting } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, runningBlocks } from "./blocks/layers.js";

/** The text parts of the vision models have four positions per token (`use_mrope`). */
function glmAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const sections = b.hp.isArray("rope.dimension_sections") ? [0, 1] : [];
  const manyAxes = sections.length > 0 && sections.every((i) => b.hp.numberAt("rope.dimension_sections", i) > 0);
  return attention(b, il, rotateNormed(b, il, projectQkv(b, il, x), undefined, manyAxes ? 4 : 1));
}

/** ChatGLM 2 and 3, GLM-4-9B: Q, K and V in one matrix (models/chatglm.cpp). */
export const chatglm: Architecture = {
  id: "chatglm",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.fusedBlock(il)),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { feedForward: (il, x) => feedForward(b, il, x, "fused-glu") }),
};

/** GLM-4-0414, GLM-Z1, GLM-4.1V: norms before and after both parts (models/glm4.cpp). */
export const glm4: Architecture = {
  id: "glm4",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "post_attention_norm");
      inventory.norm(il, "ffn_norm");
      inventory.fusedFeedForward(il);
      inventory.norm(il, "post_ffw_norm");
      if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => glmAttention(b, il, x),
      afterAttention: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")),
      feedForward: (il, x) => feedForward(b, il, x, "fused-glu"),
      afterFeedForward: (il, x) => b.norm(x, b.layer(il, "post_ffw_norm.weight")),
    }),
};

/** GLM-4.5 to 4.7, GLM-4.5V, Solar Open: dense blocks first, then experts with a shared one (models/glm4-moe.cpp). */
export const glm4moe: Architecture = {
  id: "glm4moe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const width = expertWidth(hp);
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: hp.flag("tensors.qk_norm") });
      inventory.norm(il, "post_attention_norm");
      if (il < hp.number("leading_dense_block_count", 0)) {
        inventory.feedForward(il);
      } else {
        inventory.experts(il, width);
        inventory.sharedExpert(il, width * hp.number("expert_shared_count"));
      }
      if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => glmAttention(b, il, x),
      feedForwardNorm: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")),
      feedForward: (il, x) => expertsOrDense(b, il, x, statedRouting(b.hp, "sigmoid")),
    }),
};
