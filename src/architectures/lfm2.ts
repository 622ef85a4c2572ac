import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, projectQkv, rotateNormed } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { attentionLayer, hybridLayers } from "./blocks/layers.js";
import { continued, isRecurrent } from "./blocks/recurrent.js";

/** What the final norm is called in these files. */
const FINAL_NORM = "token_embd_norm";

function mixerTensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  inventory.norm(il, "attn_norm");
  if (isRecurrent(hp, il)) {
    inventory.layer(il, "shortconv.conv.weight", hp.number("shortconv.l_cache"), embedding);
    inventory.layer(il, "shortconv.in_proj.weight", embedding, 3 * embedding);
    inventory.layer(il, "shortconv.out_proj.weight", embedding, embedding);
  } else {
    inventory.attention(il, { headNorms: true });
  }
  inventory.norm(il, "ffn_norm");
}

/** A short convolution keeps a few columns; attention slides where the file names a window. */
function layers(hp: Hyperparameters): Layer[] {
  const columns = hp.number("shortconv.l_cache") - 1;
  const sliding = hp.number("attention.sliding_window", 0) > 0;
  return hybridLayers(
    hp,
    (il) => isRecurrent(hp, il),
    { caches: [{ kind: "recurrent", convolutionWidth: hp.number("embedding_length") * columns, stateWidth: 0 }] },
    (il) => attentionLayer(hp, il, sliding),
  );
}

/** Two gates around a convolution over the last few tokens. */
function shortConvolution(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const all = b.linear(b.needLayer(il, "shortconv.in_proj.weight"), b.reshape(x, x.ne[0], tokens, sequences));
  const width = all.ne[0] / 3;
  const part = (n: number) => b.view(all, [width, tokens, sequences], [all.nb[1], all.nb[2]], n * width * 4);
  const joined = continued(b, il, b.transpose(b.mul(part(0), part(2))));
  const convolved = b.ssmConv(joined, b.needLayer(il, "shortconv.conv.weight"));
  const out = b.linear(b.needLayer(il, "shortconv.out_proj.weight"), b.mul(part(1), convolved));
  return b.reshape(out, out.ne[0], b.tokens);
}

function graph(b: GraphBuilder): void {
  decoder(b, {
    attention: (il, x) =>
      isRecurrent(b.hp, il) ? shortConvolution(b, il, x) : attention(b, il, rotateNormed(b, il, projectQkv(b, il, x))),
    feedForward: (il, x) => expertsOrDense(b, il, x, { ...statedRouting(b.hp, "sigmoid"), normalise: true }),
    residualFirst: "both",
    finalNorm: (x) => b.norm(x, b.need(`${FINAL_NORM}.weight`)),
  });
}

/** LFM2 and LFM2.5: short convolutions and grouped attention (models/lfm2.cpp). */
export const lfm2: Architecture = {
  id: "lfm2",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        mixerTensors(inventory, il);
        inventory.feedForward(il);
      },
      { finalNorm: FINAL_NORM, tied: true },
    ),
  finalNorm: FINAL_NORM,
  layers,
  graph,
};

/** LFM2 mixtures of experts (models/lfm2moe.cpp). */
export const lfm2moe: Architecture = {
  id: "lfm2moe",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        mixerTensors(inventory, il);
        if (il < hp.number("leading_dense_block_count", 0)) {
          inventory.feedForward(il);
          return;
        }
        inventory.experts(il, hp.number("expert_feed_forward_length"), { corrected: true });
      },
      { finalNorm: FINAL_NORM, tied: true },
    ),
  finalNorm: FINAL_NORM,
  layers,
  graph,
};
