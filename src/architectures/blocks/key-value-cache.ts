import type { Tensor } from "../../core/graph/tensor.js";
import type { AttentionInput, GraphBuilder } from "../../core/graph-builder.js";

/** Stores K and V of the batch in the cache of block `il`, as far as there are any (`cpy_k`, `cpy_v`). */
export function storeKeyValues(
  b: GraphBuilder,
  il: number,
  key: Tensor | undefined,
  value: Tensor | undefined,
  input: AttentionInput,
): void {
  const [k, v] = b.cacheTensors(il, "attention") as [Tensor, Tensor];
  if (key) b.expand(storeRows(b, k, key, input.keyIds));
  if (value && input.valueIds) {
    b.expand(
      b.plan.transposedValues ? storeTransposed(b, v, value, input.valueIds) : storeRows(b, v, value, input.valueIds),
    );
  }
}

/** Writes [length, heads, tokens] as one row per token into a cache. */
export function storeRows(b: GraphBuilder, cache: Tensor, rows: Tensor, ids: Tensor): Tensor {
  const flat = b.view(rows, [rows.ne[0] * rows.ne[1], rows.ne[2]], [rows.nb[2]]);
  const target = cache.ne[2] > 1 ? b.reshape(cache, cache.ne[0], cache.ne[1] * cache.ne[2]) : cache;
  return b.setRows(target, flat, ids);
}

function storeTransposed(b: GraphBuilder, cache: Tensor, value: Tensor, ids: Tensor): Tensor {
  const width = value.ne[0] * value.ne[1];
  const packed = value.nb[2] === width * value.nb[0];
  let flat = packed ? b.reshape(value, width, value.ne[2]) : b.cont(value, width, value.ne[2]);
  if (width < cache.ne[0]) flat = b.pad(flat, cache.ne[0] - width);
  const target = b.reshape(cache, 1, cache.ne[0] * cache.ne[1] * cache.ne[2]);
  return b.setRows(target, b.reshape(flat, 1, flat.ne[0] * flat.ne[1]), ids);
}

/** K and V of block `il` as attention reads them (`get_k`, `get_v`). */
export function cachedKeyValues(b: GraphBuilder, il: number): { readonly k: Tensor; readonly v: Tensor } {
  const [k, v] = b.cacheTensors(il, "attention") as [Tensor, Tensor];
  return { k: readRows(b, k, b.keyLength(il), b.headCountKv(il)), v: readValues(b, il, v) };
}

/** Rows of a cache as [length, heads, cells, streams]. */
export function readRows(b: GraphBuilder, cache: Tensor, length: number, heads: number): Tensor {
  const unit = cache.nb[1] / cache.ne[0];
  return b.view(cache, [length, heads, cache.ne[1], cache.ne[2]], [length * unit, cache.nb[1], cache.nb[2]]);
}

function readValues(b: GraphBuilder, il: number, v: Tensor): Tensor {
  const length = b.valueLength(il);
  const heads = b.headCountKv(il);
  if (!b.plan.transposedValues) return readRows(b, v, length, heads);
  const cells = v.ne[1];
  const unit = v.nb[0];
  return b.view(v, [cells, heads, length, v.ne[2]], [cells * length * unit, cells * unit, cells * v.ne[0] * unit]);
}
