import type { PlannedGraph } from "./allocator.js";
import type { Graph } from "./graph.js";
import { isViewOp, Tensor } from "./tensor.js";

/** What a compute backend can do, as far as it decides where operations run. */
export interface Backend {
  supports(t: Tensor): boolean;
  /** True when the operation is worth copying its CPU-resident weights over (`offload_op`). */
  offloads(t: Tensor): boolean;
}

/** `GGML_SCHED_MAX_COPIES`: copies of every input that pipeline parallelism keeps. */
const PIPELINE_COPIES = 4;

/**
 * Assigns every operation of a graph to a backend and splits the graph where the backend changes,
 * adding copies of what crosses (`ggml_backend_sched_split_graph`). Backends are in order of
 * priority, the CPU last; each GPU reads only its own memory, the CPU reads only the host's.
 */
export class Scheduler {
  private readonly backends: readonly Backend[];
  private readonly cpu: number;
  private readonly copies: number;

  constructor(backends: readonly Backend[], pipelineParallel: boolean) {
    this.backends = backends;
    this.cpu = backends.length - 1;
    this.copies = pipelineParallel ? PIPELINE_COPIES : 1;
  }

  plan(graph: Graph): PlannedGraph {
    this.assignFromBuffers(graph);
    this.expandAssignments(graph.nodes);
    this.assignUnsupported(graph.nodes);
    this.assignRest(graph.nodes);
    return this.split(graph);
  }

  private supports(backend: number, t: Tensor): boolean {
    return (this.backends[backend] as Backend).supports(t);
  }

  /** The backend that owns the buffer and can run `op` on it, -1 when none (`..._backend_from_buffer`). */
  private fromBuffer(t: Tensor, op: Tensor): number {
    const buffer = (t.viewSrc ?? t).buffer;
    return buffer && this.supports(buffer.backend, op) ? buffer.backend : -1;
  }

  /** Where memory that is already placed wants this operation (`..._backend_id_from_cur`). */
  private fromCurrent(t: Tensor): number {
    const own = this.fromBuffer(t, t);
    if (own >= 0) return own;
    if (t.input) return this.cpu;
    // rope factors and attention sinks are too small to decide where an operation runs
    if (t.op === "rope" || t.op === "flash_attn_ext") return -1;
    for (const source of t.src) {
      if (!source.buffer?.weights) continue;
      const backend = this.fromBuffer(source, t);
      if (backend === this.cpu) {
        for (let b = 0; b < this.cpu; b++) {
          if (this.supports(b, t) && (this.backends[b] as Backend).offloads(t)) return b;
        }
      }
      return backend;
    }
    return -1;
  }

  private assignFromBuffers(graph: Graph): void {
    for (const leaf of graph.leafs) if (leaf.backend < 0) leaf.backend = this.fromCurrent(leaf);
    for (const node of graph.nodes) if (node.backend < 0) node.backend = this.fromCurrent(node);
  }

  /** Neighbours of assigned operations follow them: GPUs first, down then up, then every backend. */
  private expandAssignments(nodes: readonly Tensor[]): void {
    for (const gpuOnly of [true, false]) {
      for (const step of [1, -1]) {
        let current = -1;
        for (let i = step > 0 ? 0 : nodes.length - 1; i >= 0 && i < nodes.length; i += step) {
          const node = nodes[i] as Tensor;
          if (isViewOp(node.op)) continue;
          if (node.backend >= 0) current = gpuOnly && node.backend === this.cpu ? -1 : node.backend;
          else if (current >= 0 && this.supports(current, node)) node.backend = current;
        }
      }
    }
  }

  /** Operations their neighbours' backend cannot run go where most of their operands are. */
  private assignUnsupported(nodes: readonly Tensor[]): void {
    for (const node of nodes) {
      if (node.backend >= 0 || isViewOp(node.op)) continue;
      let most = -1;
      for (let b = 0; b <= this.cpu; b++) {
        if (!this.supports(b, node)) continue;
        const near = node.src.filter((source) => this.readable(source, b)).length;
        if (near > most) {
          most = near;
          node.backend = b;
        }
      }
    }
  }

  private assignRest(nodes: readonly Tensor[]): void {
    for (const node of nodes) {
      if (node.backend < 0 && node.viewSrc) node.backend = node.viewSrc.backend;
      for (const source of node.src) {
        if (source.backend < 0) source.backend = source.viewSrc ? source.viewSrc.backend : node.backend;
      }
      for (let b = 0; b <= this.cpu && node.backend < 0; b++) if (this.supports(b, node)) node.backend = b;
    }
  }

  /** True when `backend` can read `t` where it lies (`ggml_backend_sched_buffer_supported`). */
  private readable(t: Tensor, backend: number): boolean {
    const buffer = (t.viewSrc ?? t).buffer;
    if (buffer) return buffer.backend === backend;
    const at = t.backend < 0 && t.viewSrc ? t.viewSrc.backend : t.backend;
    return at === backend;
  }

  private readsForeignWeight(node: Tensor, backend: number): boolean {
    for (const source of node.src) {
      if (source.buffer?.weights && source.backend !== backend && !this.readable(source, backend)) return true;
    }
    return false;
  }

  private copiesOf(t: Tensor, backend: number): Tensor[] | undefined {
    return t.copies?.[backend];
  }

  private makeCopies(t: Tensor, backend: number, keepOriginal: boolean): Tensor[] {
    const made: Tensor[] = [];
    for (let c = 0; c < this.copies; c++) {
      const copy = keepOriginal && c === 0 ? t : new Tensor("none", t.type, t.ne, [], t.nb);
      if (this.copies > 1) {
        // never overwritten: the next batch's inputs arrive while this one still computes
        copy.input = true;
        copy.output = true;
      }
      made.push(copy);
    }
    t.copies ??= [];
    t.copies[backend] = made;
    return made;
  }

  private split(graph: Graph): PlannedGraph {
    const nodes: Tensor[] = [];
    const nodeBackends: number[] = [];
    /** Inputs with copies, in the order the copies are made: the graph's own, then each split's. */
    const graphInputs: Tensor[] = [];
    const splitInputs: { from: Tensor; backend: number }[] = [];

    const work = graph.nodes;
    let start = 0;
    let current = (work.find((node) => !isViewOp(node.op)) ?? (work[0] as Tensor)).backend;
    let inputs: Tensor[] = [];

    const close = (end: number) => {
      for (const input of inputs) {
        // keeps the source alive until it is copied, then brings the copy to life
        nodes.push(new Tensor("none", input.type, input.ne, [input], input.nb, input));
        nodeBackends.push(input.backend);
        nodes.push((this.copiesOf(input, current) as Tensor[])[0] as Tensor);
        nodeBackends.push(current);
      }
      for (let i = start; i < end; i++) {
        const node = work[i] as Tensor;
        nodes.push(node);
        nodeBackends.push(node.backend);
      }
    };

    for (let i = 0; i < work.length; i++) {
      const node = work[i] as Tensor;
      if (isViewOp(node.op)) continue;
      // a new split for a weight that must be copied lets its memory be reused
      const copiesWeight = inputs.length > 0 && this.readsForeignWeight(node, current);
      if (node.backend !== current || copiesWeight) {
        close(i);
        start = i;
        inputs = [];
        current = node.backend;
      }
      for (let j = 0; j < node.src.length; j++) {
        const source = node.src[j] as Tensor;
        if (source.input && this.copies > 1 && !this.copiesOf(source, source.backend)) {
          this.makeCopies(source, source.backend, true);
          graphInputs.push(source);
        }
        if (source.backend === current || this.readable(source, current)) continue;
        let copies = this.copiesOf(source, current);
        if (!copies) {
          copies = this.makeCopies(source, current, false);
          inputs.push(source);
          splitInputs.push({ from: source, backend: current });
        }
        node.src[j] = copies[0] as Tensor;
      }
    }
    close(work.length);

    const leafs: Tensor[] = [];
    const leafBackends: number[] = [];
    if (this.copies > 1) {
      const all = [...graphInputs.map((from) => ({ from, backend: from.backend })), ...splitInputs];
      for (const { from, backend } of all) {
        for (const copy of this.copiesOf(from, backend) as Tensor[]) {
          leafs.push(copy);
          leafBackends.push(backend);
        }
      }
    }
    for (const leaf of graph.leafs) {
      leafs.push(leaf);
      leafBackends.push(leaf.backend);
    }
    return { leafs, leafBackends, nodes, nodeBackends };
  }
}
