import { type GgmlType, rowBytes } from "../ggml.js";
import { type Buffer, elements, isContiguous, type Shape, Tensor } from "./tensor.js";

function shape(ne: readonly number[]): Shape {
  return [ne[0] ?? 1, ne[1] ?? 1, ne[2] ?? 1, ne[3] ?? 1];
}

/**
 * A computation graph under construction. The methods create the tensors ggml's functions of the
 * same name create; only shapes, strides and who reads whom matter here.
 */
export class Graph {
  /** Operations in execution order. */
  readonly nodes: Tensor[] = [];
  /** Values that no operation of the graph makes: inputs, weights, caches. */
  readonly leafs: Tensor[] = [];

  /** Adds `t` and all it needs to the graph (`ggml_build_forward_expand`). */
  expand(t: Tensor): void {
    if (t.visited) return;
    t.visited = true;
    for (const source of t.src) this.expand(source);
    if (t.op === "none") this.leafs.push(t);
    else this.nodes.push(t);
  }

  /** A value set from outside before the graph runs. */
  input(type: GgmlType, ...ne: number[]): Tensor {
    const t = new Tensor("none", type, shape(ne), []);
    t.input = true;
    return t;
  }

  /** A tensor nobody sets: the source of a fill. */
  empty(type: GgmlType, ...ne: number[]): Tensor {
    return new Tensor("none", type, shape(ne), []);
  }

  /** A weight or a cache, lying in a buffer of its own. */
  external(type: GgmlType, ne: readonly number[], buffer: Buffer): Tensor {
    const t = new Tensor("none", type, shape(ne), []);
    t.buffer = buffer;
    return t;
  }

  mulMat(a: Tensor, b: Tensor): Tensor {
    return new Tensor("mul_mat", "f32", [a.ne[1], b.ne[1], b.ne[2], b.ne[3]], [a, b]);
  }

  /** Experts `a`, activations `b` [n, used or 1, tokens], chosen experts `ids` [used, tokens]. */
  mulMatId(a: Tensor, b: Tensor, ids: Tensor): Tensor {
    return new Tensor("mul_mat_id", "f32", [a.ne[1], ids.ne[0], b.ne[2], 1], [a, b, ids]);
  }

  private elementwise(op: "add" | "sub" | "mul" | "div", a: Tensor, b: Tensor): Tensor {
    return new Tensor(op, a.type, a.ne, [a, b]);
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.elementwise("add", a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.elementwise("sub", a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.elementwise("mul", a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.elementwise("div", a, b);
  }

  addId(a: Tensor, b: Tensor, ids: Tensor): Tensor {
    return new Tensor("add_id", a.type, a.ne, [a, b, ids]);
  }

  /** scale, sqr, sqrt, clamp, softplus, silu, gelu... all keep the shape and may run in place. */
  private sameShape(
    op: "scale" | "sqr" | "sqrt" | "clamp" | "rms_norm" | "norm" | "l2_norm" | "unary",
    a: Tensor,
  ): Tensor {
    return new Tensor(op, a.type, a.ne, [a]);
  }

  scale(a: Tensor): Tensor {
    return this.sameShape("scale", a);
  }

  /** `ggml_scale_inplace`: the values are scaled where they are. */
  scaleInPlace(a: Tensor): Tensor {
    return new Tensor("scale", a.type, a.ne, [a], a.nb, a);
  }

  sqr(a: Tensor): Tensor {
    return this.sameShape("sqr", a);
  }

  sqrt(a: Tensor): Tensor {
    return this.sameShape("sqrt", a);
  }

  /** `ggml_clamp` returns a view: the values are clamped where they are. */
  clamp(a: Tensor): Tensor {
    return new Tensor("clamp", a.type, a.ne, [a], a.nb, a);
  }

  rmsNorm(a: Tensor): Tensor {
    return this.sameShape("rms_norm", a);
  }

  layerNorm(a: Tensor): Tensor {
    return this.sameShape("norm", a);
  }

  l2Norm(a: Tensor): Tensor {
    return this.sameShape("l2_norm", a);
  }

  /** silu, gelu, relu, sigmoid, tanh, softplus, exp... */
  unary(a: Tensor): Tensor {
    return this.sameShape("unary", a);
  }

  /** A gated activation of two halves kept apart (`ggml_glu_impl` with b): shape of `a`. */
  gluSplit(a: Tensor, b: Tensor): Tensor {
    return new Tensor("glu", a.type, a.ne, [a, b]);
  }

  /** A gated activation of two halves in one row: half the row. */
  glu(a: Tensor): Tensor {
    return new Tensor("glu", a.type, [a.ne[0] / 2, a.ne[1], a.ne[2], a.ne[3]], [a]);
  }

  softMax(a: Tensor, mask?: Tensor, sinks?: Tensor): Tensor {
    const src = [a];
    if (mask) src.push(mask);
    if (sinks) src.push(sinks);
    return new Tensor("soft_max", a.type, a.ne, src);
  }

  rope(a: Tensor, positions: Tensor, factors?: Tensor): Tensor {
    return new Tensor("rope", a.type, a.ne, factors ? [a, positions, factors] : [a, positions]);
  }

  getRows(a: Tensor, ids: Tensor): Tensor {
    return new Tensor(
      "get_rows",
      a.type === "i32" ? "i32" : "f32",
      [a.ne[0], ids.ne[0], ids.ne[1], ids.ne[2]],
      [a, ids],
    );
  }

  /** Writes rows `b` into `a` at `ids`; the result is `a` itself (`ggml_set_rows`). */
  setRows(a: Tensor, b: Tensor, ids: Tensor): Tensor {
    return new Tensor("set_rows", a.type, a.ne, [b, ids, a], a.nb, a);
  }

  /** Copies `a` into `b`'s memory; the result is a view of `b` (`ggml_cpy`). */
  cpy(a: Tensor, b: Tensor): Tensor {
    return new Tensor("cpy", b.type, b.ne, [a, b], b.nb, b);
  }

  /** Writes `b` into a part of `a`; the result is `a` itself (`ggml_set_inplace`). */
  setInPlace(a: Tensor, b: Tensor): Tensor {
    return new Tensor("set", a.type, a.ne, [a, b], a.nb, a);
  }

  /** A copy in another type (`ggml_cast`). */
  cast(a: Tensor, type: GgmlType): Tensor {
    return new Tensor("cpy", type, a.ne, [a]);
  }

  cont(a: Tensor, ...ne: number[]): Tensor {
    return new Tensor("cont", a.type, ne.length > 0 ? shape(ne) : a.ne, [a]);
  }

  reshape(a: Tensor, ...ne: number[]): Tensor {
    return new Tensor("reshape", a.type, shape(ne), [a], undefined, a);
  }

  /** A view with strides of its own: `nb` are the strides of dimensions 1, 2 and 3 where given. */
  view(a: Tensor, ne: readonly number[], nb: readonly number[] = [], offset = 0): Tensor {
    const full = shape(ne);
    const nb0 = a.nb[0];
    const nb1 = nb[0] ?? rowBytes(a.type, full[0]);
    const nb2 = nb[1] ?? nb1 * full[1];
    const nb3 = nb[2] ?? nb2 * full[2];
    return new Tensor("view", a.type, full, [a], [nb0, nb1, nb2, nb3], a, offset);
  }

  /** Dimension i of `a` becomes dimension `axes[i]` (`ggml_permute`). */
  permute(a: Tensor, axis0: number, axis1: number, axis2: number, axis3: number): Tensor {
    const ne: [number, number, number, number] = [1, 1, 1, 1];
    const nb: [number, number, number, number] = [0, 0, 0, 0];
    const axes = [axis0, axis1, axis2, axis3];
    for (let i = 0; i < 4; i++) {
      const to = axes[i] as number;
      ne[to] = a.ne[i] as number;
      nb[to] = a.nb[i] as number;
    }
    return new Tensor("permute", a.type, ne, [a], nb, a);
  }

  transpose(a: Tensor): Tensor {
    return new Tensor(
      "transpose",
      a.type,
      [a.ne[1], a.ne[0], a.ne[2], a.ne[3]],
      [a],
      [a.nb[1], a.nb[0], a.nb[2], a.nb[3]],
      a,
    );
  }

  /** Indices of the `k` largest of each row: a full argsort, then a view (`ggml_argsort_top_k`). */
  topK(a: Tensor, k: number): Tensor {
    const order = new Tensor("argsort", "i32", a.ne, [a]);
    return this.view(order, [k, a.ne[1], a.ne[2], a.ne[3]], [order.nb[1], order.nb[2], order.nb[3]]);
  }

  /** Indices of the `k` largest of each row, without sorting the rest (`ggml_top_k`). */
  topRows(a: Tensor, k: number): Tensor {
    return new Tensor("top_k", "i32", [k, a.ne[1], a.ne[2], a.ne[3]], [a]);
  }

  sumRows(a: Tensor): Tensor {
    return new Tensor("sum_rows", a.type, [1, a.ne[1], a.ne[2], a.ne[3]], [a]);
  }

  mean(a: Tensor): Tensor {
    return new Tensor("mean", "f32", [1, a.ne[1], a.ne[2], a.ne[3]], [a]);
  }

  repeat(a: Tensor, ...ne: number[]): Tensor {
    return new Tensor("repeat", a.type, shape(ne), [a]);
  }

  /** Concatenation along one dimension. */
  concat(a: Tensor, b: Tensor, axis: 0 | 1 | 2 | 3): Tensor {
    const ne: [number, number, number, number] = [a.ne[0], a.ne[1], a.ne[2], a.ne[3]];
    ne[axis] += b.ne[axis];
    return new Tensor("concat", a.type, ne, [a, b]);
  }

  /** Zeros behind each dimension. */
  pad(a: Tensor, p0: number, p1 = 0, p2 = 0, p3 = 0): Tensor {
    return new Tensor("pad", a.type, [a.ne[0] + p0, a.ne[1] + p1, a.ne[2] + p2, a.ne[3] + p3], [a]);
  }

  fill(a: Tensor): Tensor {
    return new Tensor("fill", a.type, a.ne, [a]);
  }

  flashAttention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | undefined, sinks?: Tensor): Tensor {
    const src = [q, k, v];
    if (mask) src.push(mask);
    if (sinks) src.push(sinks);
    return new Tensor("flash_attn_ext", "f32", [v.ne[0], q.ne[2], q.ne[1], q.ne[3]], src);
  }

  /** A convolution over time: `a` [tokens and what came before, channels, sequences], `kernel` [width, channels]. */
  ssmConv(a: Tensor, kernel: Tensor): Tensor {
    const tokens = a.ne[0] - kernel.ne[0] + 1;
    return new Tensor("ssm_conv", "f32", [kernel.ne[1], tokens, a.ne[2], 1], [a, kernel]);
  }

  /** Mamba's recurrence; the result holds the outputs and, behind them, the new states. */
  ssmScan(states: Tensor, x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, ids: Tensor): Tensor {
    const length = elements(x) + states.ne[0] * states.ne[1] * states.ne[2] * ids.ne[0];
    return new Tensor("ssm_scan", "f32", [length, 1, 1, 1], [states, x, dt, a, b, c, ids]);
  }

  /** The gated delta rule, all tokens at once; the result holds the outputs and, behind them, the new states. */
  gatedDeltaNet(q: Tensor, k: Tensor, v: Tensor, gate: Tensor, beta: Tensor, states: Tensor): Tensor {
    const rows = (v.ne[2] + v.ne[0]) * v.ne[3];
    return new Tensor("gated_delta_net", "f32", [v.ne[0] * v.ne[1], rows, 1, 1], [q, k, v, gate, beta, states]);
  }

  /** Scores of all cached keys for every token (`ggml_lightning_indexer`). */
  lightningIndexer(q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
    return new Tensor("lightning_indexer", "f32", [k.ne[2], q.ne[2], 1, q.ne[3]], [q, k, weights, mask]);
  }

  /** Any operation without a method of its own. */
  custom(op: Tensor["op"], type: GgmlType, ne: readonly number[], src: Tensor[]): Tensor {
    return new Tensor(op, type, shape(ne), src);
  }

  /** A rotation that makes a quantized cache more exact (`llama_mul_mat_hadamard`). */
  hadamard(a: Tensor, rotation: Tensor): Tensor {
    const n = rotation.ne[0];
    const count = elements(a) / n;
    const flat = isContiguous(a) ? this.reshape(a, n, count) : this.cont(a, n, count);
    return this.reshape(this.mulMat(rotation, flat), ...a.ne);
  }
}
