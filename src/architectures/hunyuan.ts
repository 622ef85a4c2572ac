import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import { attention, normHeads, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { sharedAndRoutedExperts } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Heads are rotated first and normed then. */
function hunyuanAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const rotated = rotate(b, projectQkv(b, il, x), b.contextRopeFactors(il));
  return attention(b, il, normHeads(b, il, rotated));
}

/** Hunyuan dense models of 2025 (models/hunyuan-vl.cpp, which models/hunyuan-dense.cpp reuses). */
export const hunyuanDense: Architecture = {
  id: "hunyuan-dense",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.plainBlock(il, { headNorms: true })),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { attention: (il, x) => hunyuanAttention(b, il, x) }),
};

/** Hunyuan A13B: experts with a shared one in every block (models/hunyuan-moe.cpp). */
export const hunyuanMoe: Architecture = {
  id: "hunyuan-moe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.norm(il, "ffn_norm");
      inventory.experts(il, hp.number("feed_forward_length"));
      inventory.sharedExpert(il, hp.number("expert_shared_feed_forward_length", hp.number("feed_forward_length")));
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => hunyuanAttention(b, il, x),
      feedForward: (il, x) => sharedAndRoutedExperts(b, il, x, { normalise: true }),
    }),
};
