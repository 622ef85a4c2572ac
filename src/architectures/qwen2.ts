import type { Architecture } from "../core/architecture.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { rotaryAttention } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts, expertWidth } from "./blocks/experts.js";
import { feedForward, SHARED_EXPERT } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

function qwen2Tensors(hp: Hyperparameters): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => inventory.plainBlock(il));
}

/** Qwen 1.5, 2, 2.5, QwQ and the R1 distills on them (models/qwen2.cpp). */
export const qwen2: Architecture = {
  id: "qwen2",
  tensors: qwen2Tensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b),
};

/** Qwen 1: Q, K and V in one matrix, the feed-forward's two halves counted in its length (models/qwen.cpp). */
export const qwen: Architecture = {
  id: "qwen",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.fusedAttention(il);
      inventory.layer(il, "attn_qkv.bias", 3 * inventory.embedding);
      inventory.norm(il, "ffn_norm");
      inventory.feedForward(il, hp.number("feed_forward_length") / 2);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b),
};

/** The text model of Qwen2-VL and Qwen2.5-VL: four positions per token (models/qwen2vl.cpp). */
export const qwen2vl: Architecture = {
  id: "qwen2vl",
  tensors: qwen2Tensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { attention: (il, x) => rotaryAttention(b, il, x, { perToken: 4 }) }),
};

/** Qwen1.5-MoE and Qwen2-57B-A14B: the shared expert has a gate of its own (models/qwen2moe.cpp). */
export const qwen2moe: Architecture = {
  id: "qwen2moe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      inventory.experts(il, expertWidth(hp));
      inventory.layer(il, "ffn_gate_inp_shexp.weight", inventory.embedding);
      inventory.sharedExpert(il, hp.number("expert_shared_feed_forward_length", hp.number("feed_forward_length")));
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      feedForward: (il, x) => {
        const routed = experts(b, il, x);
        const opening = b.linear(b.needLayer(il, "ffn_gate_inp_shexp.weight"), x);
        // silu(x) / x, that is the sigmoid
        const gate = b.div(b.unary(opening), opening);
        return b.add(routed, b.mul(feedForward(b, il, x, "glu", SHARED_EXPERT), gate));
      },
    }),
};
