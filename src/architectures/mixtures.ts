import type { Architecture } from "../core/architecture.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, projectQkv, rotaryAttention, rotateNormed } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts, expertsOrDense, statedRouting } from "./blocks/experts.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, runningBlocks } from "./blocks/layers.js";

/** Dense blocks first, then experts with as many shared ones as the file says. */
function feedForwardOrExperts(inventory: Inventory, il: number): void {
  const { hp } = inventory;
  if (il < hp.number("leading_dense_block_count", 0)) {
    inventory.feedForward(il);
    return;
  }
  const width = hp.number("expert_feed_forward_length");
  inventory.experts(il, width);
  inventory.sharedExpert(il, sharedWidth(hp));
}

function sharedWidth(hp: Hyperparameters): number {
  const width = hp.number("expert_shared_feed_forward_length", 0) || hp.number("expert_feed_forward_length");
  return width * hp.number("expert_shared_count");
}

/** DBRX: layer norms without biases, Q, K and V in one matrix, clamped (models/dbrx.cpp). */
export const dbrx: Architecture = {
  id: "dbrx",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.fusedAttention(il);
      inventory.norm(il, "attn_output_norm");
      inventory.experts(il, hp.number("feed_forward_length"));
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      norms: "layer",
      attention: (il, x) => rotaryAttention(b, il, x, { clamp: b.hp.number("attention.clamp_kqv", 0) > 0 }),
      feedForwardNorm: (il, x) => b.norm(x, b.layer(il, "attn_output_norm.weight"), undefined, "layer"),
      feedForward: (il, x) => experts(b, il, x, { normalise: true }),
    }),
};

/** DeepSeek MoE of 2024, before latent attention (models/deepseek.cpp). */
export const deepseek: Architecture = {
  id: "deepseek",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      feedForwardOrExperts(inventory, il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
      feedForward: (il, x) => expertsOrDense(b, il, x),
    }),
};

/** dots.llm1 (models/dots1.cpp). */
export const dots1: Architecture = {
  id: "dots1",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.norm(il, "ffn_norm");
      feedForwardOrExperts(inventory, il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => attention(b, il, rotateNormed(b, il, projectQkv(b, il, x))),
      feedForward: (il, x) => expertsOrDense(b, il, x, statedRouting(b.hp, "softmax")),
    }),
};

/** Ling and Ring of 2024 (models/bailingmoe.cpp). */
export const bailingmoe: Architecture = {
  ...deepseek,
  id: "bailingmoe",
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
      feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: b.hp.flag("expert_weights_norm") }),
    }),
};

/** Ling and Ring 2: Q, K and V in one matrix, heads normed (models/bailingmoe2.cpp). */
export const bailingmoe2: Architecture = {
  ...dots1,
  id: "bailingmoe2",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.fusedAttention(il);
      inventory.headNorms(il);
      inventory.norm(il, "ffn_norm");
      feedForwardOrExperts(inventory, il);
      if (il < runningBlocks(hp)) return;
      inventory.nextTokenHead(il);
      inventory.norm(il, "layer_output_norm");
    }),
};
