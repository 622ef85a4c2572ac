import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { blockNorm, finish } from "./blocks/decoder.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { runningBlocks } from "./blocks/layers.js";
import { keepState, recurrentState } from "./blocks/recurrent.js";

/** Last tokens that each block keeps: one before the time mix, one before the channel mix. */
const SHIFTS = 2;

/** A block keeps its last inputs and a matrix per head. */
function layers(hp: Hyperparameters): Layer[] {
  const width = hp.number("embedding_length");
  const kept = hp.number("token_shift_count", SHIFTS) * width;
  return Array.from({ length: runningBlocks(hp) }, () => ({
    caches: [{ kind: "recurrent", convolutionWidth: kept, stateWidth: width * hp.number("wkv.head_size") }],
  }));
}

// --- tensors -----------------------------------------------------------------------------------------------------

function embeddingNorm(inventory: Inventory): void {
  inventory.add("token_embd_norm.weight", inventory.embedding);
  inventory.add("token_embd_norm.bias", inventory.embedding);
}

function sharedTensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  if (il === 0) embeddingNorm(inventory);
  inventory.norm(il, "attn_norm", true);
  inventory.norm(il, "attn_norm_2", true);
  for (const part of ["key", "value", "receptance", "output"]) {
    inventory.layer(il, `time_mix_${part}.weight`, embedding, embedding);
  }
  inventory.norm(il, "time_mix_ln", true);
  inventory.layer(il, "channel_mix_lerp_k.weight", embedding, 1, 1);
  inventory.layer(il, "channel_mix_key.weight", embedding, hp.numberAt("feed_forward_length", il));
  inventory.layer(il, "channel_mix_value.weight", hp.numberAt("feed_forward_length", il), embedding);
}

function rwkv6Tensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  const length = hp.number("wkv.head_size");
  const mix = hp.number("time_mix_extra_dim");
  const decay = hp.number("time_decay_extra_dim");
  sharedTensors(inventory, il);
  inventory.layer(il, "time_mix_w1.weight", embedding, mix * 5);
  inventory.layer(il, "time_mix_w2.weight", mix, embedding, 5);
  inventory.layer(il, "time_mix_lerp_x.weight", embedding, 1, 1);
  inventory.layer(il, "time_mix_lerp_fused.weight", embedding, 1, 1, 5);
  inventory.layer(il, "time_mix_first.weight", length, embedding / length);
  inventory.layer(il, "time_mix_decay.weight", embedding);
  inventory.layer(il, "time_mix_decay_w1.weight", embedding, decay);
  inventory.layer(il, "time_mix_decay_w2.weight", decay, embedding);
  inventory.layer(il, "time_mix_gate.weight", embedding, embedding);
  inventory.layer(il, "channel_mix_lerp_r.weight", embedding, 1, 1);
  inventory.layer(il, "channel_mix_receptance.weight", embedding, embedding);
}

function rwkv7Tensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  const learningRate = hp.number("attention.iclr_lora_rank");
  const value = hp.number("attention.value_residual_mix_lora_rank");
  sharedTensors(inventory, il);
  const lowRank = (name: string, rank: number) => {
    inventory.layer(il, `time_mix_${name}1.weight`, embedding, rank);
    inventory.layer(il, `time_mix_${name}2.weight`, rank, embedding);
  };
  for (const name of ["w0", "a0", "v0", "k_k", "k_a", "r_k"]) inventory.layer(il, `time_mix_${name}.weight`, embedding);
  lowRank("w", hp.number("attention.decay_lora_rank"));
  lowRank("a", learningRate);
  // in the first block there is nothing to mix with
  lowRank("v", il === 0 ? learningRate : value);
  const gate = hp.number("attention.gate_lora_rank", 0);
  if (gate > 0) lowRank("g", gate);
  inventory.layer(il, "time_mix_lerp_fused.weight", embedding, 1, 1, gate > 0 ? 6 : 5);
}

// --- graph -------------------------------------------------------------------------------------------------------

interface Mixes {
  /** [embedding, tokens, sequences] and the token before each, to the same. */
  readonly timeMix: (il: number, x: Tensor, previous: Tensor) => Tensor;
  /** [embedding, tokens] and the token before each, to the same. */
  readonly channelMix: (il: number, x: Tensor, previous: Tensor) => Tensor;
  /** After every so many blocks the values are halved. */
  readonly rescaleEvery?: number;
}

function graph(b: GraphBuilder, mixes: Mixes): void {
  const width = b.embedding;
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  let x = b.norm(b.tokenEmbeddings(), b.need("token_embd_norm.weight"), b.need("token_embd_norm.bias"), "layer");
  for (const il of b.blocks) {
    const [memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
    x = b.reshape(x, width, tokens, sequences);
    const kept = b.reshape(recurrentState(b, memory), width, SHIFTS, sequences);
    /** One token per sequence. */
    const token = (t: Tensor, n: number) => b.view(t, [width, 1, sequences], [t.nb[1], t.nb[2]], n * width * 4);
    const shifted = (t: Tensor, n: number) =>
      b.concat(token(kept, n), b.view(t, [width, tokens - 1, sequences], [t.nb[1], t.nb[2]]), 1);

    const before = blockNorm(b, il, "attn_norm", x, "layer");
    const middle = b.add(mixes.timeMix(il, before, shifted(before, 0)), x);
    const after = blockNorm(b, il, "attn_norm_2", middle, "layer");
    const previous = shifted(after, 1);
    const last = b.concat(token(before, tokens - 1), token(after, tokens - 1), 1);
    keepState(b, b.view(last, [width * SHIFTS * sequences]), memory);

    let [residual, input, shift] = [middle, after, previous].map((t) => b.reshape(t, width, b.tokens)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    if (b.isLast(il)) {
      residual = b.getRows(residual, b.outputIds());
      input = b.getRows(input, b.outputIds());
      shift = b.getRows(shift, b.outputIds());
    }
    x = b.add(mixes.channelMix(il, input, shift), residual);
    if (mixes.rescaleEvery && (il + 1) % mixes.rescaleEvery === 0) x = b.scale(x);
  }
  finish(b, x, { norms: "layer" });
}

/** Between a token and the one before it, by a learned share. */
function between(b: GraphBuilder, difference: Tensor, share: Tensor, x: Tensor): Tensor {
  return b.add(b.mul(difference, share), x);
}

/** Squared relu of the key, then the value. */
function channelValue(b: GraphBuilder, il: number, mixed: Tensor): Tensor {
  const key = b.sqr(b.unary(b.linear(b.needLayer(il, "channel_mix_key.weight"), mixed)));
  return b.linear(b.needLayer(il, "channel_mix_value.weight"), key);
}

/** Keeps the new states behind the outputs and norms the outputs head by head. */
function finishHeads(b: GraphBuilder, il: number, result: Tensor): Tensor {
  const length = b.hp.number("wkv.head_size");
  const [, memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const outputs = b.view(result, [b.embedding * b.tokens]);
  keepState(b, b.view(result, [memory.ne[0] * b.sequences], [], b.embedding * b.tokens * 4), memory);
  const heads = b.layerNorm(b.reshape(outputs, length, b.embedding / length, b.tokens));
  const normed = b.mul(b.reshape(heads, b.embedding, b.tokens), b.needLayer(il, "time_mix_ln.weight"));
  return b.add(normed, b.needLayer(il, "time_mix_ln.bias"));
}

function outputOf(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const out = b.linear(b.needLayer(il, "time_mix_output.weight"), x);
  return b.reshape(out, b.embedding, b.tokensPerSequence, b.sequences);
}

/** Outputs of all tokens and, behind them, the new states. */
function wkv(b: GraphBuilder, src: Tensor[]): Tensor {
  return b.custom("rwkv_wkv", "f32", [b.embedding, b.tokens + b.hp.number("wkv.head_size") * b.sequences], src);
}

function timeMix6(b: GraphBuilder, il: number, x: Tensor, previous: Tensor): Tensor {
  const width = b.embedding;
  const length = b.hp.number("wkv.head_size");
  const need = (name: string) => b.needLayer(il, `time_mix_${name}.weight`);
  const inHeads = (t: Tensor) => b.reshape(t, length, width / length, b.tokens);
  const difference = b.reshape(b.sub(previous, x), width, b.tokens);
  const flat = b.reshape(x, width, b.tokens);

  const first = need("w1");
  let mixed = b.unary(b.mulMat(first, between(b, difference, need("lerp_x"), flat)));
  mixed = b.cont(b.permute(b.reshape(mixed, first.ne[1] / 5, 1, 5, b.tokens), 0, 1, 3, 2));
  const second = need("w2");
  mixed = b.mulMat(b.reshape(second, second.ne[0], second.ne[1], 1, 5), mixed);
  const shares = b.add(mixed, need("lerp_fused"));
  mixed = between(b, shares, b.reshape(difference, width, 1, b.tokens), b.reshape(flat, width, 1, b.tokens));
  const part = (n: number) => b.view(mixed, [width, b.tokens], [mixed.nb[1]], n * width * b.tokens * 4);

  const r = b.linear(need("receptance"), part(3));
  const k = b.linear(need("key"), part(1));
  const v = b.linear(need("value"), part(2));
  const gate = b.unary(b.linear(need("gate"), part(4)));
  const decayed = b.mulMat(need("decay_w2"), b.unary(b.mulMat(need("decay_w1"), part(0))));
  const decay = b.unary(b.unary(b.unary(b.add(decayed, need("decay")))));

  const [, memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const states = recurrentState(b, memory);
  const result = wkv(b, [inHeads(k), inHeads(v), inHeads(r), need("first"), inHeads(decay), states]);
  return outputOf(b, il, b.mul(finishHeads(b, il, result), gate));
}

/** @param first values of the first block, which the others mix into theirs */
function timeMix7(b: GraphBuilder, il: number, x: Tensor, previous: Tensor, first: { value?: Tensor }): Tensor {
  const width = b.embedding;
  const length = b.hp.number("wkv.head_size");
  const need = (name: string) => b.needLayer(il, `time_mix_${name}.weight`);
  const lowRank = (name: string, t: Tensor) => b.mulMat(need(`${name}2`), b.mulMat(need(`${name}1`), t));
  const inHeads = (t: Tensor) => b.reshape(t, length, width / length, b.tokens);
  const gated = b.layer(il, "time_mix_g1.weight") !== undefined;

  const difference = b.repeat(b.sub(previous, x), width, b.tokensPerSequence, b.sequences, gated ? 6 : 5);
  const mixed = between(b, difference, need("lerp_fused"), x);
  const part = (n: number) => b.view(mixed, [width, b.tokens], [mixed.nb[1]], n * width * b.tokens * 4);

  const r = inHeads(b.linear(need("receptance"), part(0)));
  const decay = b.add(b.mulMat(need("w2"), b.unary(b.mulMat(need("w1"), part(1)))), need("w0"));
  const w = inHeads(b.unary(b.scale(b.unary(decay))));
  const key = b.linear(need("key"), part(2));
  let value = b.linear(need("value"), part(3));
  if (first.value) {
    const share = b.unary(b.add(lowRank("v", part(3)), need("v0")));
    value = b.add(value, b.mul(b.sub(first.value, value), share));
  } else {
    first.value = value;
  }
  const rate = b.unary(b.add(lowRank("a", part(4)), need("a0")));
  const removed = b.l2Norm(inHeads(b.mul(key, need("k_k"))));
  const scaled = b.mul(key, need("k_a"));
  const k = inHeads(b.add(key, b.sub(b.mul(rate, scaled), scaled)));
  const v = inHeads(value);

  const [, memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const states = recurrentState(b, memory);
  const result = wkv(b, [r, w, k, v, b.unary(removed), b.mul(removed, inHeads(rate)), states]);
  const normed = finishHeads(b, il, result);
  const bonus = b.sumRows(b.mul(b.mul(k, r), b.reshape(need("r_k"), length, width / length)));
  let out = b.add(normed, b.reshape(b.mul(v, bonus), width, b.tokens));
  if (gated) out = b.mul(out, b.mulMat(need("g2"), b.unary(b.mulMat(need("g1"), part(5)))));
  return outputOf(b, il, out);
}

/** RWKV 6 "Finch": no attention, a matrix per head that decays (models/rwkv6.cpp). */
export const rwkv6: Architecture = {
  id: "rwkv6",
  tensors: (hp) => inventoryOf(hp, rwkv6Tensors, { normBias: true }),
  layers,
  everyBlock: true,
  graph: (b) =>
    graph(b, {
      timeMix: (il, x, previous) => timeMix6(b, il, x, previous),
      channelMix: (il, x, previous) => {
        const difference = b.sub(previous, x);
        const share = (name: string) => b.needLayer(il, `channel_mix_lerp_${name}.weight`);
        const forKey = between(b, difference, share("k"), x);
        const forGate = between(b, difference, share("r"), x);
        const gate = b.unary(b.linear(b.needLayer(il, "channel_mix_receptance.weight"), forGate));
        return b.mul(gate, channelValue(b, il, forKey));
      },
      rescaleEvery: b.hp.number("rescale_every_n_layers", 0),
    }),
};

/** RWKV 7 "Goose": the state learns at a rate of its own (models/rwkv7.cpp). */
export const rwkv7: Architecture = {
  id: "rwkv7",
  tensors: (hp) => inventoryOf(hp, rwkv7Tensors, { normBias: true }),
  layers,
  everyBlock: true,
  graph: (b) => {
    const first: { value?: Tensor } = {};
    graph(b, {
      timeMix: (il, x, previous) => timeMix7(b, il, x, previous, first),
      channelMix: (il, x, previous) => {
        const share = b.needLayer(il, "channel_mix_lerp_k.weight");
        return channelValue(b, il, between(b, b.sub(previous, x), share, x));
      },
    });
  },
};
