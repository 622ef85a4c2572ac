import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, projectOutput, rotate } from "./blocks/attention.js";
import { blockNorm, decoder } from "./blocks/decoder.js";
import { deltaNet, deltaNetStates, fusedDeltaNet } from "./blocks/delta-net.js";
import { experts, expertWidth } from "./blocks/experts.js";
import { feedForward, SHARED_EXPERT } from "./blocks/feed-forward.js";
import { headGeometry, type Inventory, inventoryOf } from "./blocks/inventory.js";
import { hybridLayers, runningBlocks } from "./blocks/layers.js";
import { continued, recurrentLayer, stateSpace } from "./blocks/recurrent.js";

/** Three of four blocks run the gated delta rule, the fourth attends; so do all that predict further tokens. */
function isLinear(hp: Hyperparameters, il: number): boolean {
  const listed = "attention.recurrent_layers";
  if (hp.has(listed)) return hp.numberAt(listed, il) !== 0;
  return il < runningBlocks(hp) && (il + 1) % hp.number("full_attention_interval", 4) !== 0;
}

// --- tensors -----------------------------------------------------------------------------------------------------

/** Attention whose Q matrix also makes a gate for its result. */
function gatedAttentionTensors(inventory: Inventory, il: number): void {
  const { heads, keyValueHeads, keyLength, valueLength } = headGeometry(inventory.hp, il);
  inventory.layer(il, "attn_q.weight", inventory.embedding, 2 * heads * keyLength);
  inventory.layer(il, "attn_k.weight", inventory.embedding, keyValueHeads * keyLength);
  inventory.layer(il, "attn_v.weight", inventory.embedding, keyValueHeads * valueLength);
  inventory.layer(il, "attn_output.weight", heads * keyLength, inventory.embedding);
  inventory.layer(il, "attn_q_norm.weight", keyLength);
  inventory.layer(il, "attn_k_norm.weight", keyLength);
}

function linearTensors(inventory: Inventory, il: number, joinedBetaAlpha: boolean): void {
  const { embedding, hp } = inventory;
  const { kernel, inner, state, timeStepRank: heads, channels } = stateSpace(hp);
  inventory.layer(il, "attn_qkv.weight", embedding, channels);
  inventory.layer(il, "attn_gate.weight", embedding, inner);
  inventory.layer(il, "ssm_conv1d.weight", kernel, channels);
  inventory.layer(il, "ssm_dt.bias", heads);
  inventory.layer(il, "ssm_a", heads);
  if (joinedBetaAlpha) {
    inventory.layer(il, "ssm_ba.weight", embedding, 2 * heads);
  } else {
    inventory.layer(il, "ssm_beta.weight", embedding, heads);
    inventory.layer(il, "ssm_alpha.weight", embedding, heads);
  }
  inventory.layer(il, "ssm_norm.weight", state);
  inventory.layer(il, "ssm_out.weight", inner, embedding);
}

function mixerTensors(inventory: Inventory, il: number, joinedBetaAlpha: boolean): void {
  inventory.norm(il, "attn_norm");
  if (isLinear(inventory.hp, il)) linearTensors(inventory, il, joinedBetaAlpha);
  else gatedAttentionTensors(inventory, il);
  inventory.norm(il, "post_attention_norm");
  if (il >= runningBlocks(inventory.hp)) inventory.nextTokenHead(il);
}

function expertTensors(inventory: Inventory, il: number): void {
  const { hp } = inventory;
  inventory.experts(il, expertWidth(hp), { merged: hp.flag("tensors.merged_experts") });
  inventory.layer(il, "ffn_gate_inp_shexp.weight", inventory.embedding);
  inventory.sharedExpert(il, hp.number("expert_shared_feed_forward_length", hp.number("feed_forward_length", 0)));
}

// --- graph -------------------------------------------------------------------------------------------------------

/** Attention with its gate; `perToken` positions each. */
function gatedAttention(b: GraphBuilder, il: number, x: Tensor, perToken: number): Tensor {
  const length = b.keyLength(il);
  const [heads, kvHeads] = [b.headCount(il), b.headCountKv(il)];
  const both = b.linear(b.needLayer(il, "attn_q.weight"), x);
  const part = (offset: number) =>
    b.view(both, [length, heads, b.tokens], [2 * length * 4, 2 * length * heads * 4], offset * 4);
  const project = (name: string) =>
    b.reshape(b.linear(b.needLayer(il, `${name}.weight`), x), length, kvHeads, b.tokens);

  const parts = {
    q: b.norm(part(0), b.needLayer(il, "attn_q_norm.weight")),
    k: b.norm(project("attn_k"), b.needLayer(il, "attn_k_norm.weight")),
    v: project("attn_v"),
  };
  const attended = attention(b, il, rotate(b, parts, undefined, perToken), { project: false });
  const gate = b.cont(part(length), length * heads, b.tokens);
  return projectOutput(b, il, b.mul(attended, b.unary(gate)));
}

interface Rates {
  /** [1, heads, tokens, sequences] */
  readonly beta: Tensor;
  readonly gate: Tensor;
}

/** How much of a state is replaced and how much decays, from matrices of their own. */
function ratesApart(b: GraphBuilder, il: number, x: Tensor): Rates {
  const { timeStepRank: heads } = stateSpace(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const beta = b.linear(b.needLayer(il, "ssm_beta.weight"), x);
  const alpha = b.linear(b.needLayer(il, "ssm_alpha.weight"), x);
  return {
    beta: b.unary(b.reshape(beta, 1, heads, tokens, sequences)),
    gate: decay(b, il, b.reshape(alpha, heads, tokens, sequences)),
  };
}

/** The same from one matrix. */
function ratesJoined(b: GraphBuilder, il: number, x: Tensor): Rates {
  const { timeStepRank: heads, groups } = stateSpace(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const perGroup = heads / groups;
  const both = b.reshape(b.linear(b.needLayer(il, "ssm_ba.weight"), x), 2 * perGroup, groups, tokens, sequences);
  const part = (offset: number) =>
    b.view(both, [perGroup, groups, tokens, sequences], [both.nb[1], both.nb[2], both.nb[3]], offset * 4);
  return {
    beta: b.reshape(b.unary(b.cont(part(0))), 1, heads, tokens, sequences),
    gate: decay(b, il, b.cont(part(perGroup), heads, tokens, sequences)),
  };
}

function decay(b: GraphBuilder, il: number, alpha: Tensor): Tensor {
  const biased = b.unary(b.add(alpha, b.needLayer(il, "ssm_dt.bias")));
  return b.reshape(b.mul(biased, b.needLayer(il, "ssm_a")), 1, ...alpha.ne.slice(0, 3));
}

interface LinearOptions {
  readonly rates: (b: GraphBuilder, il: number, x: Tensor) => Rates;
  /** Gives every value head a query and key head of its own. */
  readonly spread: (b: GraphBuilder, t: Tensor) => Tensor;
}

/** A gated delta rule layer: convolution, delta rule, gated norm. */
function linearAttention(b: GraphBuilder, il: number, x: Tensor, options: LinearOptions): Tensor {
  const { inner, state: length, timeStepRank: heads, groups } = stateSpace(b.hp);
  const [tokens, sequences] = [b.tokensPerSequence, b.sequences];
  const mixed = b.linear(b.needLayer(il, "attn_qkv.weight"), x);
  const z = b.linear(b.needLayer(il, "attn_gate.weight"), x);
  const { beta, gate } = options.rates(b, il, x);

  const joined = continued(b, il, b.transpose(b.reshape(mixed, mixed.ne[0], tokens, sequences)));
  const states = deltaNetStates(b, il, length);
  const convolved = b.unary(b.ssmConv(joined, b.needLayer(il, "ssm_conv1d.weight")));
  const { nb } = convolved;
  const part = (count: number, offset: number) =>
    b.view(convolved, [length, count, tokens, sequences], [length * 4, nb[1], nb[2]], offset * length * 4);
  const q = options.spread(b, b.l2Norm(part(groups, 0)));
  const k = options.spread(b, b.l2Norm(part(groups, groups)));
  const v = part(heads, 2 * groups);

  const outputs = deltaNet(b, il, { q, k, v, gate, beta }, states);
  const normed = b.norm(outputs, b.needLayer(il, "ssm_norm.weight"));
  const gated = b.mul(normed, b.unary(b.reshape(z, length, heads, tokens, sequences)));
  const out = b.linear(b.needLayer(il, "ssm_out.weight"), b.reshape(gated, inner, tokens, sequences));
  return b.reshape(out, out.ne[0], b.tokens);
}

/** Routed experts and a shared one with a gate of its own. */
function expertsWithGatedShared(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const routed = experts(b, il, x, { normalise: true });
  const shared = feedForward(b, il, x, "glu", SHARED_EXPERT);
  const gate = b.unary(b.linear(b.needLayer(il, "ffn_gate_inp_shexp.weight"), x));
  return b.add(routed, b.mul(shared, gate));
}

/** Key heads are repeated as a whole, and only where the delta rule is not one operation. */
function spreadWhole(b: GraphBuilder, t: Tensor): Tensor {
  const { timeStepRank: heads, groups } = stateSpace(b.hp);
  return heads === groups || fusedDeltaNet(b) ? t : b.repeat(t, t.ne[0], heads, t.ne[2], t.ne[3]);
}

/** Every key head is repeated by itself. */
function spreadEach(b: GraphBuilder, t: Tensor): Tensor {
  const { timeStepRank: heads, groups } = stateSpace(b.hp);
  if (heads === groups) return t;
  const [length, , tokens, sequences] = t.ne;
  const apart = b.reshape(t, length, 1, groups, tokens * sequences);
  return b.reshape(
    b.repeat(apart, length, heads / groups, groups, tokens * sequences),
    length,
    heads,
    tokens,
    sequences,
  );
}

interface Traits extends LinearOptions {
  /** Beta and alpha come from one matrix. */
  readonly joinedRates: boolean;
  /** Positions per token: 4 for multi-axis rope. */
  readonly perToken: number;
  readonly mixture: boolean;
}

function hybrid(id: string, traits: Traits): Architecture {
  return {
    id,
    tensors: (hp) =>
      inventoryOf(hp, (inventory, il) => {
        mixerTensors(inventory, il, traits.joinedRates);
        if (traits.mixture) expertTensors(inventory, il);
        else inventory.feedForward(il);
      }),
    layers: (hp) => hybridLayers(hp, (il) => isLinear(hp, il), recurrentLayer(hp)),
    graph: (b) =>
      decoder(b, {
        attention: (il, x) => {
          b.expand(x);
          return isLinear(b.hp, il) ? linearAttention(b, il, x, traits) : gatedAttention(b, il, x, traits.perToken);
        },
        feedForwardNorm: (il, x) => blockNorm(b, il, "post_attention_norm", x),
        ...(traits.mixture ? { feedForward: (il: number, x: Tensor) => expertsWithGatedShared(b, il, x) } : {}),
        lateOutputs: true,
      }),
  };
}

/** Qwen3-Next and Qwen3-Coder-Next: gated delta rule and attention, mixture of experts (models/qwen3next.cpp). */
export const qwen3next = hybrid("qwen3next", {
  joinedRates: true,
  rates: ratesJoined,
  spread: spreadEach,
  perToken: 1,
  mixture: true,
});

const QWEN35 = { joinedRates: false, rates: ratesApart, spread: spreadWhole, perToken: 4 };

/** Qwen3.5 and 3.6 dense (models/qwen35.cpp). */
export const qwen35 = hybrid("qwen35", { ...QWEN35, mixture: false });

/** Qwen3.5 and 3.6 mixtures of experts (models/qwen35moe.cpp). */
export const qwen35moe = hybrid("qwen35moe", { ...QWEN35, mixture: true });
