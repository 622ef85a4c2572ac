import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { hybridLayers } from "./blocks/layers.js";
import { mamba2, mamba2Tensors } from "./blocks/mamba.js";
import { isRecurrent, recurrentLayer } from "./blocks/recurrent.js";
import { graniteFeedForwardTensors } from "./granite.js";

/** Attention, rotated only where the file does not say otherwise. */
function attend(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const parts = projectQkv(b, il, x);
  const rotated = b.hp.flag("rope.scaling.finetuned", true);
  return attention(b, il, rotated ? rotate(b, parts, b.ropeFactors("rope_freqs.weight", il)) : parts);
}

/** Granite 4.0 H: Mamba 2 and now and then attention, dense or with experts (models/granite-hybrid.cpp). */
export const graniteHybrid: Architecture = {
  id: "granitehybrid",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      if (isRecurrent(hp, il)) mamba2Tensors(inventory, il);
      else inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      graniteFeedForwardTensors(inventory, il);
    }),
  layers: (hp) => hybridLayers(hp, (il) => isRecurrent(hp, il), recurrentLayer(hp)),
  graph: (b) => {
    const scaled = (key: string) => (x: Tensor) => (b.hp.number(key, 0) === 0 ? x : b.scale(x));
    const residual = scaled("residual_scale");
    decoder(b, {
      start: scaled("embedding_scale"),
      attention: (il, x) => (isRecurrent(b.hp, il) ? mamba2(b, il, x) : attend(b, il, x)),
      afterAttention: (_, x) => residual(x),
      feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: true }),
      afterFeedForward: (_, x) => residual(x),
      finish: scaled("logit_scale"),
    });
  },
};
