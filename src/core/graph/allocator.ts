import { padTo } from "../units.js";
import { sameLayout, type Tensor } from "./tensor.js";

/** Bytes a backend's buffer type sets aside for a tensor (`get_alloc_size`), and how it aligns them. */
export interface BufferRules {
  readonly alignment: number;
  allocationBytes(t: Tensor): number;
}

/** Operations that may write their result over an operand of the same layout (`ggml_op_can_inplace`). */
const IN_PLACE = new Set<Tensor["op"]>([
  "fill",
  "scale",
  "add",
  "add_id",
  "sub",
  "mul",
  "div",
  "sqr",
  "sqrt",
  "unary",
  "rope",
  "rms_norm",
  "soft_max",
]);

/**
 * Best-fit allocation within one growing buffer (`ggml_dyn_tallocr`): the smallest free block that is
 * large enough, else the open end. Free blocks are kept sorted by offset; the last one has no end.
 */
class Arena {
  private readonly alignment: number;
  private readonly offsets: number[] = [0];
  private readonly sizes: number[] = [Number.MAX_SAFE_INTEGER];
  /** The high-water mark in bytes: what the buffer must hold. */
  peak = 0;

  constructor(alignment: number) {
    this.alignment = alignment;
  }

  allocate(bytes: number): number {
    const size = padTo(bytes, this.alignment);
    const last = this.sizes.length - 1;
    let best = -1;
    let bestSize = Number.POSITIVE_INFINITY;
    for (let i = 0; i < last; i++) {
      const free = this.sizes[i] as number;
      if (free >= size && free <= bestSize) {
        best = i;
        bestSize = free;
      }
    }
    if (best < 0) best = last;
    const offset = this.offsets[best] as number;
    if ((this.sizes[best] as number) === size) {
      this.offsets.splice(best, 1);
      this.sizes.splice(best, 1);
    } else {
      this.offsets[best] = offset + size;
      (this.sizes[best] as number) -= size;
    }
    if (offset + size > this.peak) this.peak = offset + size;
    return offset;
  }

  /** Joins the freed bytes with a neighbouring block where there is one (`ggml_dyn_tallocr_free_bytes`). */
  free(offset: number, bytes: number): void {
    const size = padTo(bytes, this.alignment);
    const { offsets, sizes } = this;
    for (let i = 0; i < offsets.length; i++) {
      const start = offsets[i] as number;
      const end = start + (sizes[i] as number);
      if (end === offset) {
        (sizes[i] as number) += size;
        if (i + 1 < offsets.length && end + size === offsets[i + 1]) this.absorbNext(i);
        return;
      }
      if (offset + size === start) {
        offsets[i] = offset;
        (sizes[i] as number) += size;
        if (i > 0 && (offsets[i - 1] as number) + (sizes[i - 1] as number) === offset) this.absorbNext(i - 1);
        return;
      }
    }
    let at = 0;
    while (at < offsets.length && (offsets[at] as number) < offset) at++;
    offsets.splice(at, 0, offset);
    sizes.splice(at, 0, size);
  }

  /** Gives back what a smaller value written over a larger one does not need (`ggml_gallocr_free_extra_space`). */
  shrink(offset: number, from: number, to: number): void {
    const kept = padTo(to, this.alignment);
    const extra = padTo(from, this.alignment) - kept;
    if (extra > 0) this.free(offset + kept, extra);
  }

  private absorbNext(i: number): void {
    (this.sizes[i] as number) += this.sizes[i + 1] as number;
    this.offsets.splice(i + 1, 1);
    this.sizes.splice(i + 1, 1);
  }
}

/** A planned graph: leafs and nodes in order, each with the backend whose buffer it goes to. */
export interface PlannedGraph {
  readonly leafs: readonly Tensor[];
  readonly leafBackends: readonly number[];
  readonly nodes: readonly Tensor[];
  readonly nodeBackends: readonly number[];
}

/** What lies in the buffers while a graph is planned, and what lay in each at its peak. */
export interface PeakWatch {
  readonly alive: Set<Tensor>;
  readonly atPeak: Tensor[][];
}

/**
 * Plays ggml's graph allocator over a graph and returns the bytes each backend's compute buffer needs.
 * Source: ggml-alloc.c (`ggml_gallocr_alloc_graph_impl`): leafs first, then inputs, then every node in
 * order, in place where an operand dies, freeing operands after their last reader.
 * @param watch collects what is alive when a buffer is at its largest
 */
export function planBuffers(graph: PlannedGraph, rules: readonly BufferRules[], watch?: PeakWatch): number[] {
  const arenas = rules.map((rule) => new Arena(rule.alignment));
  const { leafs, nodes, leafBackends, nodeBackends } = graph;

  /** The operand whose memory `t` may be written over: one that dies with it and has its layout. */
  const dyingOperand = (t: Tensor): Tensor | undefined => {
    for (const operand of t.src) {
      // views own nothing, so what looks through one is never overwritten
      if (operand.owned && operand.children === 1 && operand.views === 0 && !operand.output && sameLayout(t, operand)) {
        return operand;
      }
    }
    return undefined;
  };

  const takeOver = (t: Tensor, operand: Tensor) => {
    const arena = arenas[operand.bufferBackend] as Arena;
    t.bufferBackend = operand.bufferBackend;
    t.offset = operand.offset;
    t.allocated = (rules[t.bufferBackend] as BufferRules).allocationBytes(t);
    operand.owned = false;
    arena.shrink(t.offset, operand.allocated, t.allocated);
    watch?.alive.delete(operand);
    watch?.alive.add(t);
  };

  const allocate = (t: Tensor, backend: number) => {
    if (t.owned || t.buffer || t.viewSrc) return;
    t.owned = true;
    const dying = IN_PLACE.has(t.op) ? dyingOperand(t) : undefined;
    if (dying) {
      takeOver(t, dying);
      return;
    }
    const arena = arenas[backend] as Arena;
    const before = arena.peak;
    t.bufferBackend = backend;
    t.allocated = (rules[backend] as BufferRules).allocationBytes(t);
    t.offset = arena.allocate(t.allocated);
    if (watch) {
      watch.alive.add(t);
      if (arena.peak > before)
        watch.atPeak[backend] = [...watch.alive].filter((other) => other.bufferBackend === backend);
    }
  };

  const release = (t: Tensor) => {
    if (t.output) return;
    (arenas[t.bufferBackend] as Arena).free(t.offset, t.allocated);
    t.owned = false;
    watch?.alive.delete(t);
  };

  for (let i = 0; i < leafs.length; i++) allocate(leafs[i] as Tensor, leafBackends[i] as number);

  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Tensor;
    // the scheduler's dependency markers are views that nothing reads
    if (node.viewSrc && node.op !== "none") node.viewSrc.views++;
    if (node.input) allocate(node, nodeBackends[i] as number);
    for (const source of node.src) {
      source.children++;
      if (source.input) allocate(source, nodeBackends[i] as number);
    }
  }

  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as Tensor;
    const backend = nodeBackends[i] as number;
    for (const source of node.src) allocate(source, backend);
    allocate(node, backend);
    for (const source of node.src) {
      source.children--;
      if (source.children > 0 || source.views > 0) continue;
      const base = source.viewSrc;
      if (base) {
        base.views--;
        if (base.views === 0 && base.children === 0 && base.owned) release(base);
      } else if (source.owned) {
        release(source);
      }
    }
  }

  return arenas.map((arena) => arena.peak);
}
