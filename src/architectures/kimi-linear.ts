import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { projectOutput } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { deltaNet, deltaNetStates } from "./blocks/delta-net.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { latentAttention, latentLayer, latentTensors } from "./blocks/latent.js";
import { hybridLayers } from "./blocks/layers.js";
import { isRecurrent, keepState, recurrentState } from "./blocks/recurrent.js";
import { deepseekFeedForwardTensors } from "./deepseek2.js";

interface DeltaGeometry {
  readonly heads: number;
  readonly length: number;
  readonly inner: number;
  /** Tokens the convolution looks at. */
  readonly kernel: number;
}

function deltaGeometry(hp: Hyperparameters): DeltaGeometry {
  const heads = hp.number("attention.head_count");
  const length = hp.number("kda.head_dim");
  return { heads, length, inner: heads * length, kernel: hp.number("ssm.conv_kernel") };
}

/** Delta attention keeps columns of Q, K and V, and the state. */
function deltaLayer(hp: Hyperparameters): Layer {
  const { heads, length, inner, kernel } = deltaGeometry(hp);
  return {
    caches: [{ kind: "recurrent", convolutionWidth: 3 * (kernel - 1) * inner, stateWidth: heads * length ** 2 }],
  };
}

const PARTS = ["q", "k", "v"] as const;

function deltaTensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  const { heads, length, inner, kernel } = deltaGeometry(hp);
  for (const part of PARTS) {
    inventory.layer(il, `ssm_conv1d_${part}.weight`, kernel, 1, inner, 1);
    inventory.layer(il, `attn_${part}.weight`, embedding, inner);
  }
  inventory.layer(il, "ssm_f_a.weight", embedding, length);
  inventory.layer(il, "ssm_f_b.weight", length, inner);
  inventory.layer(il, "ssm_beta.weight", embedding, heads);
  inventory.layer(il, "ssm_a", 1, heads, 1, 1);
  inventory.layer(il, "ssm_dt.bias", inner);
  inventory.layer(il, "ssm_g_a.weight", embedding, length);
  inventory.layer(il, "ssm_g_b.weight", length, inner);
  inventory.layer(il, "ssm_norm.weight", length);
  inventory.layer(il, "attn_output.weight", inner, embedding);
}

/** Q, K and V, each projected and convolved with its own columns of the kept ones. */
function convolved(b: GraphBuilder, il: number, x: Tensor): { q: Tensor; k: Tensor; v: Tensor } {
  const { heads, length, inner, kernel } = deltaGeometry(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const [memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const kept = recurrentState(b, memory);
  const columns = kernel - 1;
  const [q, k, v] = PARTS.map((part, i) => {
    const before = b.view(kept, [columns, inner, sequences], [columns * 4, kept.nb[1]], i * columns * inner * 4);
    const projected = b.mulMat(b.needLayer(il, `attn_${part}.weight`), x);
    const joined = b.concat(before, b.transpose(b.reshape(projected, inner, tokens, sequences)), 0);
    const last = b.view(joined, [columns, inner, sequences], [joined.nb[1], joined.nb[2]], tokens * 4);
    keepState(b, last, memory, i * columns * inner);
    const weight = b.reshape(b.needLayer(il, `ssm_conv1d_${part}.weight`), kernel, inner);
    const active = b.unary(b.reshape(b.ssmConv(joined, weight), inner, b.tokens));
    return b.reshape(active, length, heads, tokens, sequences);
  });
  return { q: q as Tensor, k: k as Tensor, v: v as Tensor };
}

/** Delta attention with a decay per channel: [embedding, tokens] to the same. */
function deltaAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const { heads, length, inner } = deltaGeometry(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const throughRank = (name: string) =>
    b.mulMat(b.needLayer(il, `${name}_b.weight`), b.mulMat(b.needLayer(il, `${name}_a.weight`), x));

  const { q, k, v } = convolved(b, il, x);
  const decay = b.unary(b.add(throughRank("ssm_f"), b.needLayer(il, "ssm_dt.bias")));
  const rate = b.reshape(b.needLayer(il, "ssm_a"), 1, heads, 1);
  const gate = b.mul(b.reshape(decay, length, heads, b.tokens), rate);
  const beta = b.mulMat(b.needLayer(il, "ssm_beta.weight"), x);
  const states = deltaNetStates(b, il, length);
  const inputs = {
    q: b.l2Norm(q),
    k: b.l2Norm(k),
    v,
    gate: b.reshape(gate, length, heads, tokens, sequences),
    beta: b.unary(b.reshape(beta, 1, heads, tokens, sequences)),
  };
  const outputs = b.cont(deltaNet(b, il, inputs, states));

  const whole = b.reshape(x, x.ne[0], tokens, sequences);
  const flat = b.reshape(whole, x.ne[0], b.tokens);
  const opening = b.mulMat(b.needLayer(il, "ssm_g_b.weight"), b.mulMat(b.needLayer(il, "ssm_g_a.weight"), flat));
  const normed = b.norm(b.reshape(outputs, length, heads, b.tokens), b.needLayer(il, "ssm_norm.weight"));
  const gated = b.mul(normed, b.unary(b.reshape(opening, length, heads, b.tokens)));
  return projectOutput(b, il, b.cont(gated, inner, b.tokens));
}

/** Kimi Linear: delta attention and, in every fourth block, latent attention without rope (models/kimi-linear.cpp). */
export const kimiLinear: Architecture = {
  id: "kimi-linear",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      if (isRecurrent(hp, il)) deltaTensors(inventory, il);
      else latentTensors(inventory, il);
      inventory.norm(il, "ffn_norm");
      deepseekFeedForwardTensors(inventory, il);
    }),
  // taken for Mamba's, of which no kernel has this state size
  hostWeights: /\.ssm_a$/,
  // and copies of them pile up
  everyBlock: true,
  layers: (hp) =>
    hybridLayers(
      hp,
      (il) => isRecurrent(hp, il),
      deltaLayer(hp),
      (il) => latentLayer(hp, il),
    ),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => {
        b.expand(x);
        return isRecurrent(b.hp, il) ? deltaAttention(b, il, x) : latentAttention(b, il, x, { rotate: false });
      },
      feedForward: (il, x) => expertsOrDense(b, il, x, { ...statedRouting(b.hp, "sigmoid"), normalise: true }),
    }),
};
