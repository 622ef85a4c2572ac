import type { Layer } from "../../core/cache.js";
import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import { headLength } from "../../core/head-length.js";
import type { Hyperparameters } from "../../core/hyperparameters.js";
import { type AttendOptions, attend } from "./attend.js";
import { attention, projectOutput } from "./attention.js";
import { type Inventory, ropeDimension } from "./inventory.js";
import { readRows, storeRows } from "./key-value-cache.js";
import { attentionLayer } from "./layers.js";

/** Sizes of multi-head latent attention. */
export interface LatentGeometry {
  readonly heads: number;
  /** Elements every token keeps for all heads together. */
  readonly rank: number;
  /** Rotated elements of a head's Q and K, and those that are not. */
  readonly rotated: number;
  readonly plain: number;
  /** Elements of a head's V. */
  readonly value: number;
  /** The cache holds the latent, not every head's K and V: all files but those of early 2025 and before. */
  readonly absorbed: boolean;
}

export function latentGeometry(hp: Hyperparameters): LatentGeometry {
  const absorbed = hp.number("attention.key_length_mla", 0) > 0;
  const rotated = ropeDimension(hp);
  return {
    heads: hp.number("attention.head_count"),
    rank: hp.number("attention.kv_lora_rank"),
    rotated,
    plain: (absorbed ? hp.number("attention.key_length_mla") : headLength(hp, "key")) - rotated,
    value: absorbed ? hp.number("attention.value_length_mla") : headLength(hp, "value"),
    absorbed,
  };
}

/** A block keeps the latent and the rotated part all heads share, or K and V of every head. */
export function latentLayer(hp: Hyperparameters, il: number): Layer {
  const { absorbed, rank, rotated } = latentGeometry(hp);
  return absorbed ? { caches: [{ kind: "latent", keyWidth: rank + rotated }] } : attentionLayer(hp, il);
}

/** Tensors of latent attention: Q through a low rank where the file names one, K and V always. */
export function latentTensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  const { heads, rank, rotated, plain, value, absorbed } = latentGeometry(hp);
  const queryRank = hp.number("attention.q_lora_rank", 0);
  if (queryRank > 0) {
    inventory.layer(il, "attn_q_a.weight", embedding, queryRank);
    inventory.layer(il, "attn_q_a_norm.weight", queryRank);
    inventory.layer(il, "attn_q_b.weight", queryRank, heads * (plain + rotated));
  } else {
    inventory.layer(il, "attn_q.weight", embedding, heads * (plain + rotated));
  }
  inventory.layer(il, "attn_kv_a_mqa.weight", embedding, rank + rotated);
  inventory.layer(il, "attn_kv_a_norm.weight", rank);
  if (absorbed) {
    inventory.layer(il, "attn_k_b.weight", plain, rank, heads);
    inventory.layer(il, "attn_v_b.weight", rank, value, heads);
  } else {
    inventory.layer(il, "attn_kv_b.weight", rank, heads * (plain + value));
  }
  inventory.layer(il, "attn_output.weight", heads * value, embedding);
}

export interface LatentOptions {
  /** Q and K are rotated by position: in all families but one. */
  readonly rotate?: boolean;
  readonly factors?: Tensor | undefined;
  /** Low-rank Q computed elsewhere. */
  readonly query?: Tensor;
  /** Attention over a cache of latents, where it is not over all of it. */
  readonly attend?: (q: Tensor, k: Tensor, v: Tensor, options: AttendOptions) => Tensor;
}

/** Q before its last matrix: the normed low-rank form, undefined where there is none. */
export function lowRankQuery(b: GraphBuilder, il: number, x: Tensor): Tensor | undefined {
  const down = b.layer(il, "attn_q_a.weight");
  return down ? b.norm(b.mulMat(down, x), b.needLayer(il, "attn_q_a_norm.weight")) : undefined;
}

/** Latent attention (models/deepseek2.cpp): [embedding, tokens] to the same. */
export function latentAttention(b: GraphBuilder, il: number, x: Tensor, options: LatentOptions = {}): Tensor {
  const { heads, rank, rotated, plain, value, absorbed } = latentGeometry(b.hp);
  const lowRank = options.query ?? lowRankQuery(b, il, x);
  const q = lowRank
    ? b.mulMat(b.needLayer(il, "attn_q_b.weight"), lowRank)
    : b.mulMat(b.needLayer(il, "attn_q.weight"), x);
  const row = (plain + rotated) * 4;
  const plainQ = b.view(q, [plain, heads, b.tokens], [row, row * heads]);
  let rotatedQ = b.view(q, [rotated, heads, b.tokens], [row, row * heads], plain * 4);

  const compressed = b.mulMat(b.needLayer(il, "attn_kv_a_mqa.weight"), x);
  const width = compressed.nb[1];
  let sharedK = b.view(compressed, [rotated, 1, b.tokens], [width, width], rank * 4);
  if (options.rotate !== false) {
    const positions = b.positions();
    rotatedQ = b.rope(rotatedQ, positions, options.factors);
    sharedK = b.rope(sharedK, positions, options.factors);
  }
  const latent = b.norm(b.view(compressed, [rank, b.tokens], [width]), b.needLayer(il, "attn_kv_a_norm.weight"));

  if (absorbed) {
    const absorbedQ = b.mulMat(b.needLayer(il, "attn_k_b.weight"), b.permute(plainQ, 0, 2, 1, 3));
    const v = b.reshape(latent, rank, 1, b.tokens);
    const k = b.concat(v, sharedK, 0);
    const attendTo = options.attend ?? ((...parts) => latentAttend(b, il, ...parts));
    const valueProjection = b.needLayer(il, "attn_v_b.weight");
    const whole = b.concat(b.permute(absorbedQ, 0, 2, 1, 3), rotatedQ, 0);
    return projectOutput(b, il, attendTo(whole, k, v, { valueProjection }));
  }

  const both = b.mulMat(b.needLayer(il, "attn_kv_b.weight"), latent);
  const head = (plain + value) * 4;
  const part = (length: number, offset: number) =>
    b.view(both, [length, heads, b.tokens], [head, head * heads], offset * 4);
  const repeated = b.repeat(sharedK, rotated, heads, b.tokens);
  return attention(b, il, {
    q: b.concat(plainQ, rotatedQ, 0),
    k: b.concat(part(plain, 0), repeated, 0),
    v: b.cont(part(value, plain)),
  });
}

/** Stores the latent and attends over all of the cache; V is the front part of K. */
function latentAttend(b: GraphBuilder, il: number, q: Tensor, k: Tensor, v: Tensor, options: AttendOptions): Tensor {
  const cached = storeLatent(b, il, q, k, v);
  return attend(b, il, q, cached.k, cached.v, b.attentionInput(false).mask, options);
}

/** Stores the latent of the batch and returns what the cache then holds. */
export function storeLatent(
  b: GraphBuilder,
  il: number,
  q: Tensor,
  k: Tensor,
  v: Tensor,
): { readonly k: Tensor; readonly v: Tensor } {
  const [memory] = b.cacheTensors(il, "latent") as [Tensor];
  for (const part of [q, v, k]) b.expand(part);
  b.expand(storeRows(b, memory, k, b.attentionInput(false).keyIds));
  const keys = readRows(b, memory, memory.ne[0], 1);
  const values = b.view(keys, [v.ne[0], keys.ne[1], keys.ne[2], keys.ne[3]], [keys.nb[1], keys.nb[2], keys.nb[3]]);
  return { k: keys, v: values };
}
