import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { latentAttention, latentLayer, latentTensors } from "./blocks/latent.js";
import { runningBlocks } from "./blocks/layers.js";

/** Dense in the first blocks, then experts and one that every token passes. */
export function deepseekFeedForwardTensors(inventory: Inventory, il: number): void {
  const { hp } = inventory;
  if (il < hp.number("leading_dense_block_count", 0)) {
    inventory.feedForward(il);
    return;
  }
  const width = hp.number("expert_feed_forward_length");
  inventory.experts(il, width, { merged: hp.flag("tensors.merged_experts") });
  inventory.sharedExpert(il, width * hp.number("expert_shared_count"));
}

function layers(hp: Hyperparameters): Layer[] {
  return Array.from({ length: runningBlocks(hp) }, (_, il) => latentLayer(hp, il));
}

/**
 * DeepSeek V2, V2-Lite, V3, R1, Kimi K2, GLM-4.7-Flash, GigaChat 3: latent attention and experts
 * (models/deepseek2.cpp).
 */
export const deepseek2: Architecture = {
  id: "deepseek2",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      latentTensors(inventory, il);
      inventory.norm(il, "ffn_norm");
      deepseekFeedForwardTensors(inventory, il);
      if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
    }),
  layers,
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => latentAttention(b, il, x),
      feedForward: (il, x) => expertsOrDense(b, il, x, statedRouting(b.hp, "softmax")),
    }),
};
