import type { Architecture } from "../core/architecture.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, normHeads, projectQkv, rotate } from "./blocks/attention.js";
import { parallelDecoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

function cohereTensors(hp: Hyperparameters): TensorInfo[] {
  // only Command R+ norms the heads of Q and K, each with a weight of its own
  const headNorms = hp.flag("tensors.qk_norm");
  return inventoryOf(
    hp,
    (inventory, il) => {
      const { heads, keyValueHeads, keyLength } = headGeometry(hp, il);
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      if (headNorms) {
        inventory.layer(il, "attn_q_norm.weight", keyLength, heads);
        inventory.layer(il, "attn_k_norm.weight", keyLength, keyValueHeads);
      }
      inventory.feedForward(il);
    },
    { tied: true },
  );
}

function cohereGraph(b: GraphBuilder, rotated: (il: number) => boolean): void {
  parallelDecoder(b, {
    norms: "layer",
    attention: (il, x) => {
      const parts = projectQkv(b, il, x);
      return attention(b, il, rotated(il) ? rotate(b, normHeads(b, il, parts, "layer")) : parts);
    },
    feedForward: (il, x) => feedForward(b, il, x),
    sum: ({ attention: attended, feedForward: fed, residual }) => b.add(b.add(fed, residual), attended),
    ...(b.hp.number("logit_scale", 0) !== 0 ? { finish: (logits) => b.scale(logits) } : {}),
  });
}

/** Command R, Command R+, Aya (models/command-r.cpp). */
export const commandR: Architecture = {
  id: "command-r",
  tensors: cohereTensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) => cohereGraph(b, () => true),
};

/** Command R7B, Command A: three blocks with a window and rope, then one with neither (models/cohere2.cpp). */
export const cohere2: Architecture = {
  id: "cohere2",
  tensors: cohereTensors,
  layers: (hp) => attentionLayers(hp, slidingPattern(hp, 4)),
  graph: (b) => cohereGraph(b, (il) => b.isSliding(il)),
};
