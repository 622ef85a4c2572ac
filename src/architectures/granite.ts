import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Experts, a shared one beside them where the file names its length, or a dense feed-forward. */
export function graniteFeedForwardTensors(inventory: Inventory, il: number): void {
  const { hp } = inventory;
  const shared = hp.number("expert_shared_feed_forward_length", 0);
  inventory.expertsOrDense(il);
  if (hp.number("expert_count", 0) > 0 && shared > 0) inventory.sharedExpert(il, shared);
}

function graniteTensors(hp: Hyperparameters): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => {
    inventory.norm(il, "attn_norm");
    inventory.attention(il);
    inventory.norm(il, "ffn_norm");
    graniteFeedForwardTensors(inventory, il);
  });
}

/** @param defaults the scale of residuals and embeddings where the file does not name one; 0 for none */
function graniteGraph(b: GraphBuilder, defaults: number): void {
  const rotated = b.hp.flag("rope.scaling.finetuned", true);
  const scaled = (_: number, x: Tensor) => (b.hp.number("residual_scale", defaults) !== 0 ? b.scale(x) : x);
  const unscaled = defaults !== 0 && !b.hp.has("embedding_scale");
  decoder(b, {
    start: (x) => (unscaled ? b.scale(x) : x),
    attention: (il, x) => {
      const parts = projectQkv(b, il, x);
      return attention(b, il, rotated ? rotate(b, parts, b.contextRopeFactors(il)) : parts);
    },
    afterAttention: scaled,
    feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: true }),
    afterFeedForward: scaled,
    finish: (logits) => b.scale(logits),
  });
}

/** Granite 3 dense: embeddings, both parts of a block and logits are scaled (models/granite.cpp). */
export const granite: Architecture = {
  id: "granite",
  tensors: graniteTensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) => graniteGraph(b, 0),
};

/** Granite 3 mixtures, the later ones with a shared expert (models/granite-moe.cpp). */
export const graniteMoe: Architecture = { ...granite, id: "granitemoe" };

/** MiniCPM 1, 2 and 4: computed as Granite, scaled even where the file names no scale (models/minicpm.cpp). */
export const minicpm: Architecture = { ...granite, id: "minicpm", graph: (b) => graniteGraph(b, 1) };
