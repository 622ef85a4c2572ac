import { OFFLOAD_MIN_BATCH } from "../../core/graph/cuda.js";
import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import { keepState, recurrentState } from "./recurrent.js";

/** `llm_fused_op_gdn_ch_probe` */
const FUSED_PROBE_TOKENS = 16;

/** What the gated delta rule works on, `length` being one head's. */
export interface DeltaNetInputs {
  /** [length, heads, tokens, sequences] */
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  /** Decay per head [1, heads, tokens, sequences], or per channel [length, ...]. */
  readonly gate: Tensor;
  readonly beta: Tensor;
}

interface DeltaNetResult {
  readonly outputs: Tensor;
  readonly states: Tensor;
}

/**
 * Whether the gated delta rule runs as one operation. llama.cpp tries it with a batch of 16 tokens per sequence and
 * gives it up when a block on the CPU would run it on a GPU, where larger batches go (`resolve_fused_ops`).
 */
export function fusedDeltaNet(b: GraphBuilder): boolean {
  const { layers, layerBackends, cpu } = b.plan;
  if (cpu === 0 || FUSED_PROBE_TOKENS * b.sequences < OFFLOAD_MIN_BATCH) return true;
  return layers.every(
    (layer, il) => layerBackends[il] !== cpu || layer.caches.every((cache) => cache.kind !== "recurrent"),
  );
}

/** Runs the delta rule over the batch, from the kept states to the new ones (`build_delta_net`). */
export function deltaNet(b: GraphBuilder, il: number, inputs: DeltaNetInputs, states: Tensor): Tensor {
  const [, memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  const result = fusedDeltaNet(b) || b.tokensPerSequence === 1 ? fused(b, inputs, states) : chunked(b, inputs, states);
  keepState(b, result.states, memory);
  return result.outputs;
}

/** The states the sequences start from: [length, length, heads, sequences]. */
export function deltaNetStates(b: GraphBuilder, il: number, length: number): Tensor {
  const [, memory] = b.cacheTensors(il, "recurrent") as [Tensor, Tensor];
  return b.reshape(recurrentState(b, memory), length, length, memory.ne[0] / length ** 2, b.sequences);
}

function fused(b: GraphBuilder, { q, k, v, gate, beta }: DeltaNetInputs, states: Tensor): DeltaNetResult {
  const [length, heads, tokens, sequences] = v.ne;
  const result = b.gatedDeltaNet(q, k, v, gate, beta, states);
  const row = length * 4;
  return {
    outputs: b.view(result, v.ne, [row, row * heads, row * heads * tokens]),
    states: b.view(
      result,
      [length, length, heads, sequences],
      [row, row * length, row * length * heads],
      row * heads * tokens * sequences,
    ),
  };
}

/** Tokens that are worked on together, and fewer with a gate per channel. */
const CHUNK = 64;
const CHUNK_PER_CHANNEL = 16;

/** The delta rule out of ordinary operations (`build_delta_net_chunking`). */
function chunked(b: GraphBuilder, inputs: DeltaNetInputs, states: Tensor): DeltaNetResult {
  const [keyLength, keyHeads, tokens, sequences] = inputs.q.ne;
  const [length, heads] = inputs.v.ne;
  const perChannel = inputs.gate.ne[0] === keyLength && inputs.gate.ne[1] === keyHeads;
  const size = perChannel ? CHUNK_PER_CHANNEL : CHUNK;
  const missing = (size - (tokens % size)) % size;
  const chunks = (tokens + missing) / size;
  const padded = (t: Tensor) => b.pad(b.permute(t, 0, 2, 1, 3), 0, missing);
  const inChunks = (t: Tensor, count: number) => b.reshape(t, t.ne[0], size, chunks, count * sequences);

  const wholeQ = padded(b.scale(inputs.q));
  const wholeK = padded(inputs.k);
  const wholeV = padded(inputs.v);
  const wholeGate = padded(inputs.gate);
  const wholeBeta = padded(inputs.beta);
  const scaledV = inChunks(b.mul(wholeV, wholeBeta), heads);
  const scaledK = inChunks(b.mul(wholeK, wholeBeta), heads);
  const q = inChunks(wholeQ, keyHeads);
  const k = inChunks(wholeK, keyHeads);

  const decay = like("cumsum", b, b.cont(b.transpose(inChunks(wholeGate, heads))));
  const products = perChannel
    ? productsPerChannel(b, { q, k, scaledK, decay, size })
    : productsPerHead(b, { q, k, scaledK, decay, size });
  const scores = like("tri", b, products.q);

  const lower = like("tri", b, products.k);
  const identity = b.custom("diag", "f32", [size, size], [b.fill(b.view(lower, [size]))]);
  const left = b.add(lower, identity);
  const solved = b.add(b.custom("solve_tri", "f32", lower.ne, [left, b.unary(lower)]), identity);

  let v = b.mulMat(b.cont(b.transpose(scaledV)), solved);
  const decayed = b.unary(decay);
  const decayedK = b.mulMat(b.mul(b.cont(b.transpose(scaledK)), decayed), solved);
  const decayedQ = b.mul(q, b.cont(b.transpose(decayed)));

  const lastView = b.view(
    decay,
    [1, decay.ne[1], decay.ne[2], decay.ne[3]],
    [decay.nb[1], decay.nb[2], decay.nb[3]],
    (decay.ne[0] - 1) * 4,
  );
  const last = b.cont(lastView);
  const lastDecay = b.transpose(b.unary(last));
  const rest = b.cont(b.transpose(b.unary(b.unary(b.sub(decay, last)))));
  const keys = b.cont(b.transpose(b.mul(k, rest)));

  let state = b.reshape(states, length, length, 1, heads * sequences);
  const values = b.cont(b.transpose(v));
  for (let chunk = 0; chunk < chunks; chunk++) {
    const of = (t: Tensor) => slice(b, t, chunk);
    const added = b.sub(of(values), b.mulMat(of(decayedK), state));
    const within = b.mulMat(added, of(scores));
    const before = b.mulMat(state, of(decayedQ));
    v = b.setInPlace(v, b.add(before, within));
    const update = b.mulMat(of(keys), added);
    state = b.add(b.mul(state, of(lastDecay)), update);
  }

  const row = length * 4;
  const outputs = b.view(
    v,
    [length, tokens, heads, sequences],
    [row, row * size * chunks, row * size * chunks * heads],
  );
  return {
    outputs: b.permute(outputs, 0, 2, 1, 3),
    states: b.reshape(state, length, length, heads, sequences),
  };
}

/** An operation that keeps the shape. */
function like(op: "cumsum" | "tri", b: GraphBuilder, t: Tensor): Tensor {
  return b.custom(op, "f32", t.ne, [t]);
}

/** One chunk of [x, y, chunks, z]. */
function slice(b: GraphBuilder, t: Tensor, chunk: number): Tensor {
  return b.view(t, [t.ne[0], t.ne[1], 1, t.ne[3]], [t.nb[1], t.nb[2], t.nb[3]], t.nb[2] * chunk);
}

interface ChunkKeys {
  /** [length, size, chunks, heads * sequences] */
  readonly q: Tensor;
  readonly k: Tensor;
  readonly scaledK: Tensor;
  /** [size, 1 or length, chunks, heads * sequences] */
  readonly decay: Tensor;
  readonly size: number;
}

/** Products of the keys of a chunk with each other and with its queries, decayed by the distance between them. */
function productsPerHead(b: GraphBuilder, { q, k, scaledK, decay, size }: ChunkKeys): { k: Tensor; q: Tensor } {
  const [, , chunks, rest] = decay.ne;
  const across = b.repeat(b.reshape(decay, 1, size, chunks, rest), size, size, chunks, rest);
  const mask = b.unary(like("tri", b, b.sub(across, decay)));
  return { k: b.mul(b.mulMat(k, scaledK), mask), q: b.mul(b.mulMat(k, q), mask) };
}

/** The same where every channel decays at its own rate. */
function productsPerChannel(b: GraphBuilder, { q, k, scaledK, decay, size }: ChunkKeys): { k: Tensor; q: Tensor } {
  const [, length, chunks, rest] = decay.ne;
  const all = chunks * rest;
  const along = b.reshape(decay, size, 1, length, all);
  const across = b.repeat(b.reshape(decay, 1, size, length, all), size, size, length, all);
  let mask = b.unary(like("tri", b, b.sub(across, along)));
  mask = b.cont(b.permute(mask, 2, 1, 0, 3), length, size, size, all);
  const decayedK = b.mul(mask, b.reshape(scaledK, length, size, 1, all));
  const decayedQ = b.mul(mask, b.reshape(q, length, size, 1, all));
  const rows = b.reshape(k, length, 1, size, all);
  const squared = (t: Tensor) => b.cont(b.transpose(b.reshape(b.mulMat(t, rows), size, size, chunks, rest)));
  return { k: squared(decayedK), q: squared(decayedQ) };
}
