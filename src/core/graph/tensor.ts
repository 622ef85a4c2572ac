import { GGML_TYPES, type GgmlType } from "../ggml.js";

/** The operations of ggml that the model graphs use, under ggml's names (`enum ggml_op`). */
export type Op =
  | "none"
  | "add"
  | "add_id"
  | "argsort"
  | "clamp"
  | "concat"
  | "cont"
  | "cpy"
  | "cumsum"
  | "diag"
  | "div"
  | "fill"
  | "flash_attn_ext"
  | "gated_delta_net"
  | "get_rows"
  | "glu"
  | "l2_norm"
  | "lightning_indexer"
  | "mean"
  | "mul"
  | "mul_mat"
  | "mul_mat_id"
  | "norm"
  | "pad"
  | "permute"
  | "repeat"
  | "reshape"
  | "rms_norm"
  | "rope"
  | "rwkv_wkv"
  | "scale"
  | "set"
  | "set_rows"
  | "soft_max"
  | "solve_tri"
  | "sqr"
  | "sqrt"
  | "ssm_conv"
  | "ssm_scan"
  | "sub"
  | "sum_rows"
  | "top_k"
  | "transpose"
  | "tri"
  | "unary"
  | "view";

export type Shape = readonly [number, number, number, number];

/**
 * A memory region a tensor lies in before the graph is planned: a weight or a cache.
 * `backend` is its index in the scheduler's list, GPUs first, the CPU last.
 */
export interface Buffer {
  readonly backend: number;
  /** False for the CPU's own and for pinned memory. */
  readonly gpu: boolean;
  readonly weights: boolean;
}

/** One value of a graph, as in `struct ggml_tensor`, with the planner's scratch fields beside it. */
export class Tensor {
  readonly op: Op;
  readonly type: GgmlType;
  /** Elements per dimension, `ne[0]` being the row. */
  readonly ne: Shape;
  readonly src: Tensor[];
  /** The tensor whose memory this one looks at; never itself a view. */
  readonly viewSrc: Tensor | undefined;
  readonly viewOffset: number;
  /** Made without gaps; false says nothing. */
  readonly packed: boolean;
  /** Set for weights and caches, which the planner does not allocate. */
  buffer: Buffer | undefined;
  input = false;
  output = false;
  /** The name of a weight. */
  label: string | undefined;

  // Scratch of the graph, the scheduler and the allocator. One graph is planned once, so they are never reset.
  visited = false;
  backend = -1;
  children = 0;
  views = 0;
  owned = false;
  bufferBackend = -1;
  offset = 0;
  /** Bytes set aside for it, once allocated. */
  allocated = -1;
  /** Copies on other backends, by backend; several for pipeline parallelism. */
  copies: (Tensor[] | undefined)[] | undefined;
  /** Absent while nobody asked: most tensors have no gaps, and nobody does. */
  private strides: Shape | undefined;

  constructor(op: Op, type: GgmlType, ne: Shape, src: Tensor[], nb?: Shape, viewSrc?: Tensor, viewOffset = 0) {
    this.op = op;
    this.type = type;
    this.ne = ne;
    this.strides = nb;
    this.packed = nb === undefined;
    this.src = src;
    this.viewSrc = viewSrc?.viewSrc ?? viewSrc;
    this.viewOffset = viewSrc?.viewSrc ? viewSrc.viewOffset + viewOffset : viewOffset;
    this.buffer = undefined;
    this.label = undefined;
    this.copies = undefined;
  }

  /** Bytes between neighbours per dimension. */
  get nb(): Shape {
    this.strides ??= contiguousStrides(this.type, this.ne);
    return this.strides;
  }
}

/** Strides of a tensor without gaps (`ggml_new_tensor_impl`). */
export function contiguousStrides(type: GgmlType, ne: Shape): Shape {
  const layout = GGML_TYPES[type];
  const row = (ne[0] / layout.blockSize) * layout.blockBytes;
  return [layout.blockBytes, row, row * ne[1], row * ne[1] * ne[2]];
}

export function elements(t: Tensor): number {
  return t.ne[0] * t.ne[1] * t.ne[2] * t.ne[3];
}

/** Rows of `ne[0]` elements (`ggml_nrows`). */
export function rows(t: Tensor): number {
  return t.ne[1] * t.ne[2] * t.ne[3];
}

/** Bytes from the first to the last element, gaps included (`ggml_nbytes`). */
export function byteSize(t: Tensor): number {
  const { ne } = t;
  const layout = GGML_TYPES[t.type];
  if (t.packed) return (ne[0] / layout.blockSize) * layout.blockBytes * ne[1] * ne[2] * ne[3];
  if (ne[0] <= 0 || ne[1] <= 0 || ne[2] <= 0 || ne[3] <= 0) return 0;
  const { nb } = t;
  const rest = (ne[1] - 1) * nb[1] + (ne[2] - 1) * nb[2] + (ne[3] - 1) * nb[3];
  return layout.blockSize === 1
    ? layout.blockBytes + (ne[0] - 1) * nb[0] + rest
    : (ne[0] * nb[0]) / layout.blockSize + rest;
}

/** No gaps from dimension `from` upwards (`ggml_is_contiguous_n`). */
export function isContiguous(t: Tensor, from = 0): boolean {
  if (t.packed) return true;
  const { ne, nb } = t;
  const layout = GGML_TYPES[t.type];
  let next = layout.blockBytes;
  if (ne[0] !== layout.blockSize && nb[0] !== next) return false;
  next *= ne[0] / layout.blockSize;
  for (let i = 1; i < 4; i++) {
    const n = ne[i] as number;
    if (i > from) {
      if (n !== 1 && nb[i] !== next) return false;
      next *= n;
    } else {
      // below `from` gaps are allowed: go on from where this dimension really ends
      next = n * (nb[i] as number);
    }
  }
  return true;
}

export function sameLayout(a: Tensor, b: Tensor): boolean {
  if (a.type !== b.type || !sameShape(a.ne, b.ne)) return false;
  return (a.packed && b.packed) || sameShape(a.nb, b.nb);
}

function sameShape(a: Shape, b: Shape): boolean {
  return a === b || (a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]);
}

/** Operations that only reinterpret memory; the scheduler skips them (`ggml_is_view_op`). */
export function isViewOp(op: Op): boolean {
  return op === "view" || op === "reshape" || op === "permute" || op === "transpose";
}
