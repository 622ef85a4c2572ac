import type { Tensor } from "../../core/graph/tensor.js";
import type { AttentionInput, GraphBuilder } from "../../core/graph-builder.js";
import { type AttendOptions, attend } from "./attend.js";
import { cachedKeyValues, storeKeyValues } from "./key-value-cache.js";

export interface Projections {
  /** [head length, heads, tokens] */
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

export interface ProjectionOptions {
  readonly clamp?: boolean;
  /** Q and K are normed over all their heads at once, before they are split into heads. */
  readonly wholeNorms?: "rms" | "layer";
}

/** Q, K and V of block `il`: one fused product with views into it, or three (`build_qkv`). */
export function projectQkv(b: GraphBuilder, il: number, x: Tensor, options: ProjectionOptions = {}): Projections {
  const length = b.keyLength(il);
  const heads = b.headCount(il);
  const kvHeads = b.headCountKv(il);
  const fused = b.layer(il, "attn_qkv.weight");
  if (fused) {
    let qkv = b.bias(b.linear(fused, x), b.layer(il, "attn_qkv.bias"));
    if (options.clamp) qkv = b.clamp(qkv);
    const part = (headLength: number, count: number, offset: number) =>
      b.view(qkv, [headLength, count, b.tokens], [headLength * 4, qkv.nb[1]], offset * 4);
    return {
      q: part(length, heads, 0),
      k: part(length, kvHeads, length * heads),
      v: part(b.valueLength(il), kvHeads, length * (heads + kvHeads)),
    };
  }
  const project = (name: string, headLength: number, count: number) => {
    let t = b.bias(b.linear(b.needLayer(il, `${name}.weight`), x), b.layer(il, `${name}.bias`));
    if (options.clamp) t = b.clamp(t);
    const norm = options.wholeNorms ? b.layer(il, `${name}_norm.weight`) : undefined;
    if (norm) t = b.norm(t, norm, b.layer(il, `${name}_norm.bias`), options.wholeNorms);
    return { t, headLength, count };
  };
  const made = [
    project("attn_q", length, heads),
    project("attn_k", length, kvHeads),
    project("attn_v", b.valueLength(il), kvHeads),
  ];
  const [q, k, v] = made.map(({ t, headLength, count }) => b.reshape(t, headLength, count, b.tokens));
  return { q: q as Tensor, k: k as Tensor, v: v as Tensor };
}

/**
 * Stores K and V in the cache, attends over it and projects the result (`build_attn` for a plain and
 * for a sliding-window cache).
 * @param parts k and v are absent where the block reads another block's cache
 */
export function attention(
  b: GraphBuilder,
  il: number,
  parts: { q: Tensor; k?: Tensor | undefined; v?: Tensor | undefined },
  options: AttendOptions & { project?: boolean } = {},
): Tensor {
  const windowed = b.plan.layers.some((layer) => layer.sliding);
  const input: AttentionInput = b.attentionInput(b.isSliding(il));
  let { q, k, v } = parts;
  if (input.keyRotation) {
    q = b.hadamard(q, input.keyRotation);
    if (k) k = b.hadamard(k, input.keyRotation);
  }
  if (input.valueRotation && v) v = b.hadamard(v, input.valueRotation);
  // added together so that they stay together; a model with windows adds them in another order
  b.expand(q);
  for (const part of windowed ? [k, v] : [v, k]) if (part) b.expand(part);
  storeKeyValues(b, il, k, v, input);
  const cached = cachedKeyValues(b, il);
  let out = attend(b, il, q, cached.k, cached.v, input.mask, options);
  if (input.valueRotation) out = b.hadamard(out, input.valueRotation);
  return options.project === false ? out : projectOutput(b, il, out);
}

/** Attention of every token to every other of the batch, and the output projection (`build_attn_inp_no_cache`). */
export function attentionWithoutCache(b: GraphBuilder, il: number, parts: Projections): Tensor {
  const name = b.isSliding(il) ? "mask of the batch's windows" : "mask of the batch";
  const mask = b.namedInput(name, b.plan.flashAttention ? "f16" : "f32", b.tokens, b.tokens);
  for (const part of [parts.q, parts.k, parts.v]) b.expand(part);
  return projectOutput(b, il, attend(b, il, parts.q, parts.k, parts.v, mask));
}

/** Q and K rotated, K and V stored, attention, output projection: what most families do. */
export function rotaryAttention(b: GraphBuilder, il: number, x: Tensor, options: RotaryOptions = {}): Tensor {
  return attention(b, il, rotate(b, projectQkv(b, il, x, options), options.factors, options.perToken), options);
}

export interface RotaryOptions extends AttendOptions, ProjectionOptions {
  readonly factors?: Tensor | undefined;
  /** Positions per token: 4 for multi-axis rope. */
  readonly perToken?: number;
}

export function projectOutput(b: GraphBuilder, il: number, x: Tensor): Tensor {
  return b.bias(b.linear(b.needLayer(il, "attn_output.weight"), x), b.layer(il, "attn_output.bias"));
}

/** Rotates Q and K by position; `factors` are Llama 3's or longrope's tables. */
export function rotate(b: GraphBuilder, parts: Projections, factors?: Tensor, perToken = 1): Projections {
  const positions = b.positions(perToken);
  return { q: b.rope(parts.q, positions, factors), k: b.rope(parts.k, positions, factors), v: parts.v };
}

/** Norms every head of Q and K where the block has weights for it (`attn_q_norm`, `attn_k_norm`). */
export function normHeads(b: GraphBuilder, il: number, parts: Projections, kind: "rms" | "layer" = "rms"): Projections {
  const side = (t: Tensor, name: string) => {
    const weight = b.layer(il, `${name}.weight`);
    return weight ? b.norm(t, weight, b.layer(il, `${name}.bias`), kind) : t;
  };
  return { q: side(parts.q, "attn_q_norm"), k: side(parts.k, "attn_k_norm"), v: parts.v };
}

/** Norms every head of Q and K, then rotates them. */
export function rotateNormed(
  b: GraphBuilder,
  il: number,
  parts: Projections,
  factors?: Tensor,
  perToken = 1,
): Projections {
  return rotate(b, normHeads(b, il, parts), factors, perToken);
}
