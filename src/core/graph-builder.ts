import { type Cache, type CacheTypes, type ContextShape, cacheTensors, type Layer } from "./cache.js";
import { FitcheckError } from "./errors.js";
import { OFFLOAD_MIN_BATCH } from "./graph/cuda.js";
import { Graph } from "./graph/graph.js";
import { type Buffer, elements, isContiguous, type Tensor } from "./graph/tensor.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TypedTensor } from "./model.js";

/** Everything a graph depends on, decided before it is built. */
export interface GraphPlan {
  readonly hp: Hyperparameters;
  readonly layers: readonly Layer[];
  /** A tensor of the model by name, with its type. */
  readonly tensor: (name: string) => TypedTensor | undefined;
  readonly shape: ContextShape;
  readonly cacheTypes: CacheTypes;
  readonly flashAttention: boolean;
  /** V lies in the cache with its tokens side by side, as attention without flash attention likes it (`v_trans`). */
  readonly transposedValues: boolean;
  readonly kvOffload: boolean;
  /** Backend of each block, of the output, and of every tensor by name; the CPU is `cpu`. */
  readonly layerBackends: readonly number[];
  readonly weightBackend: (name: string) => number;
  readonly cpu: number;
  /** Blocks to build, in order: all of them, or one of each kind where the others repeat it. */
  readonly blocks: readonly number[];
}

/** K and V of one layer as attention reads them. */
export interface CachePair {
  readonly k: Tensor;
  readonly v: Tensor | undefined;
}

/** What attention over a cache needs from outside, shared by all layers of a kind. */
export interface AttentionInput {
  readonly mask: Tensor;
  readonly keyIds: Tensor;
  readonly valueIds: Tensor | undefined;
  readonly keyRotation: Tensor | undefined;
  readonly valueRotation: Tensor | undefined;
}

/** `llm_fused_op_gdn_ch_probe` */
const FUSED_PROBE_TOKENS = 16;

/**
 * Builds one batch's graph as llama.cpp's `llm_graph_context` does. Architectures call it block by
 * block; it knows where weights and caches lie and which inputs exist.
 *
 * llama.cpp pins norms to their layer's GPU (`graph_get_cb`), but its measuring mode forgets the pins
 * (`ggml_backend_sched_reserve_size` resets the scheduler). So do we: on several GPUs a real run then
 * needs up to four activations less per device, never more.
 */
export class GraphBuilder extends Graph {
  readonly plan: GraphPlan;
  readonly hp: Hyperparameters;
  /** Tokens of the batch. */
  readonly tokens: number;
  readonly sequences: number;
  readonly embedding: number;
  /** Blocks that run: without next-token-prediction blocks (`n_layer`). */
  readonly layerCount: number;
  /** Flash attention nodes with the backend their layer lies on: where they end up decides whether it is used. */
  readonly flashNodes: { readonly node: Tensor; readonly backend: number }[] = [];

  private readonly weights = new Map<string, Tensor>();
  private readonly inputs = new Map<string, Tensor>();
  private readonly attentionInputs = new Map<boolean, AttentionInput>();
  private readonly cacheMemory = new Map<string, Tensor[]>();
  private readonly widestValue: number | undefined;

  constructor(plan: GraphPlan) {
    super();
    this.plan = plan;
    this.hp = plan.hp;
    this.tokens = plan.shape.tokens;
    this.sequences = plan.shape.sequences;
    this.embedding = plan.hp.number("embedding_length");
    this.layerCount = plan.layers.length;
    this.widestValue = plan.transposedValues ? widestValueWidth(plan.layers) : undefined;
  }

  /** Blocks to build. */
  get blocks(): readonly number[] {
    return this.plan.blocks;
  }

  isLast(il: number): boolean {
    return il === this.layerCount - 1;
  }

  isSliding(il: number): boolean {
    return this.plan.layers[il]?.sliding === true;
  }

  // --- weights -------------------------------------------------------------------------------------------------

  /** The weight of this name; undefined where the model has none. */
  weight(name: string): Tensor | undefined {
    const known = this.weights.get(name);
    if (known) return known;
    const info = this.plan.tensor(name);
    return info ? this.addWeight(name, info, this.plan.weightBackend(name)) : undefined;
  }

  /** A weight every model of the family has. */
  need(name: string): Tensor {
    const found = this.weight(name);
    if (!found)
      throw new FitcheckError(
        "BAD_FILE",
        `the model has no tensor ${name}, which every ${this.hp.architecture} model has`,
      );
    return found;
  }

  /** A weight of block `il`: `layer(3, "attn_q.weight")`. */
  layer(il: number, name: string): Tensor | undefined {
    return this.weight(`blk.${il}.${name}`);
  }

  needLayer(il: number, name: string): Tensor {
    return this.need(`blk.${il}.${name}`);
  }

  /** The output matrix: its own, or a second copy of the token embedding (`TENSOR_DUPLICATED`). */
  outputWeight(): Tensor {
    const own = this.weight("output.weight");
    if (own) return own;
    const tied = this.plan.tensor("token_embd.weight");
    if (!tied) throw new FitcheckError("BAD_FILE", "the model has neither output.weight nor token_embd.weight");
    return (
      this.weights.get("output (tied)") ??
      this.addWeight("output (tied)", tied, this.plan.weightBackend("output.weight"))
    );
  }

  /** Rope frequency factors on the device of block `il`: llama.cpp keeps one copy per device. */
  ropeFactors(name: string, il: number): Tensor | undefined {
    const info = this.plan.tensor(name);
    if (!info) return undefined;
    const backend = this.plan.layerBackends[il] as number;
    const key = `${name}@${backend}`;
    return this.weights.get(key) ?? this.addWeight(key, info, backend);
  }

  /** The rope factors this context needs: Llama 3's, or longrope's for short or long contexts (`get_rope_factors`). */
  contextRopeFactors(il: number): Tensor | undefined {
    const trained = this.hp.number("rope.scaling.original_context_length", this.hp.number("context_length"));
    const table =
      this.plan.shape.contextPerSequence > trained ? "rope_factors_long.weight" : "rope_factors_short.weight";
    return this.ropeFactors("rope_freqs.weight", il) ?? this.ropeFactors(table, il);
  }

  private addWeight(key: string, info: TypedTensor, backend: number): Tensor {
    const t = this.external(info.type, info.shape, this.buffer(backend, true));
    t.label = info.name;
    this.weights.set(key, t);
    return t;
  }

  private buffer(backend: number, weights: boolean): Buffer {
    return { backend, gpu: backend !== this.plan.cpu, weights };
  }

  // --- inputs --------------------------------------------------------------------------------------------------

  private once(name: string, make: () => Tensor): Tensor {
    let t = this.inputs.get(name);
    if (!t) {
      t = make();
      this.inputs.set(name, t);
    }
    return t;
  }

  /** A named input, made once. */
  namedInput(name: string, type: Tensor["type"], ...ne: number[]): Tensor {
    return this.once(name, () => this.input(type, ...ne));
  }

  /**
   * Token embeddings of the batch (`build_inp_embd`). Models whose inner blocks take image features too have
   * rows wide enough for all of them; the result is then a view of the tokens' part.
   */
  tokenEmbeddings(): Tensor {
    const ids = this.namedInput("tokens", "i32", this.tokens);
    // the other way in, embeddings given from outside, is part of every graph
    const width = this.embedding * (1 + this.hp.number("n_deepstack_layers", 0));
    const given = this.namedInput("embeddings", "f32", width, this.tokens);
    let rows = this.getRows(this.need("token_embd.weight"), ids);
    if (width > this.embedding) rows = this.pad(rows, width - this.embedding);
    this.expand(rows);
    this.expand(given);
    if (width > this.embedding) rows = this.view(rows, [this.embedding, this.tokens], [rows.nb[1]]);
    if (this.hp.number("embedding_scale", 0) !== 0) rows = this.scale(this.packed(rows));
    this.expand(rows);
    return rows;
  }

  /** Positions of the tokens; `perToken` is 4 for models with multi-axis rope. */
  positions(perToken = 1): Tensor {
    return this.namedInput("positions", "i32", this.tokens * perToken);
  }

  /** A factor for each token's Q that grows with its position (`build_inp_attn_scale`). */
  attentionTemperature(): Tensor {
    return this.namedInput("attention temperature", "f32", 1, 1, this.tokens);
  }

  /** Which tokens need logits. */
  outputIds(): Tensor {
    return this.namedInput("output ids", "i32", this.plan.shape.outputs);
  }

  /** Mask, cell indices and rotations of the full or the sliding-window cache. */
  attentionInput(sliding: boolean): AttentionInput {
    const known = this.attentionInputs.get(sliding);
    if (known) return known;
    const { shape, flashAttention, layers, cacheTypes } = this.plan;
    const cells = sliding ? shape.slidingCells : shape.cells;
    const latent = layers.some((layer) => layer.caches.some((cache) => cache.kind === "latent"));
    const made: AttentionInput = {
      mask: this.input(flashAttention ? "f16" : "f32", cells, this.tokens / shape.streams, 1, shape.streams),
      keyIds: this.input("i64", this.tokens),
      valueIds: latent ? undefined : this.input("i64", this.tokens * (this.widestValue ?? 1)),
      keyRotation: latent ? undefined : this.rotation(sliding, "key", cacheTypes.k),
      valueRotation: latent ? undefined : this.rotation(sliding, "value", cacheTypes.v),
    };
    this.attentionInputs.set(sliding, made);
    return made;
  }

  /**
   * Quantized caches are rotated for accuracy when all their layers have the same head size, a multiple of 64
   * (llama_kv_cache: `attn_rot_k`, `attn_rot_v`). K takes the largest power of two that divides it, V 64.
   */
  private rotation(sliding: boolean, part: "key" | "value", type: CacheTypes["k"]): Tensor | undefined {
    if (type === "f32" || type === "f16" || type === "bf16") return undefined;
    const lengths = new Set<number>();
    this.plan.layers.forEach((layer, il) => {
      if (layer.caches.some((cache) => cache.kind === "attention") && (layer.sliding ?? false) === sliding) {
        lengths.add(part === "key" ? this.keyLength(il) : this.valueLength(il));
      }
    });
    const [length] = lengths;
    if (lengths.size !== 1 || length === undefined || length % 64 !== 0) return undefined;
    let size = 64;
    if (part === "key") {
      while (length % (size * 2) === 0) size *= 2;
    }
    return this.input("f32", size, size);
  }

  // --- head geometry -------------------------------------------------------------------------------------------

  headCount(il: number): number {
    return this.hp.numberAt("attention.head_count", il);
  }

  headCountKv(il: number): number {
    return this.hp.numberAt("attention.head_count_kv", il, this.headCount(il));
  }

  keyLength(il: number): number {
    return headLength(this.hp, "key", this.isSliding(il));
  }

  valueLength(il: number): number {
    return headLength(this.hp, "value", this.isSliding(il));
  }

  // --- caches --------------------------------------------------------------------------------------------------

  /** The memory of one cache of block `il`, as llama.cpp allocates it. */
  cacheTensors(il: number, kind: Cache["kind"]): Tensor[] {
    const layer = this.plan.layers[il] as Layer;
    const owner = layer.sharesCacheOf ?? il;
    const key = `${owner} ${kind}`;
    const known = this.cacheMemory.get(key);
    if (known) return known;
    const owning = this.plan.layers[owner] as Layer;
    const cache = owning.caches.find((candidate) => candidate.kind === kind);
    if (!cache) throw new FitcheckError("BAD_FILE", `block ${owner} keeps no ${kind} cache`);
    const backend = this.plan.kvOffload ? (this.plan.layerBackends[owner] as number) : this.plan.cpu;
    const tensors = cacheTensors(
      cache,
      owning.sliding ?? false,
      this.plan.shape,
      this.plan.cacheTypes,
      this.widestValue,
    );
    const made = tensors.map((tensor) => this.external(tensor.type, tensor.shape, this.buffer(backend, false)));
    this.cacheMemory.set(key, made);
    return made;
  }

  // --- recurrent states ----------------------------------------------------------------------------------------

  /** Tokens of each sequence in the batch (`n_seq_tokens`). */
  get tokensPerSequence(): number {
    return this.tokens / this.sequences;
  }

  /** The states the batch's sequences start from, and those it leaves as they are: none in the largest batch. */
  private stateIds(): { main: Tensor; extra: Tensor } {
    const ids = this.namedInput("states", "i32", this.sequences);
    return {
      main: this.once("states main", () => this.view(ids, [this.sequences])),
      extra: this.once("states extra", () => this.view(ids, [0], [], this.sequences * 4)),
    };
  }

  /**
   * What the batch's sequences kept of earlier tokens (`build_rs`).
   * @param memory [width, sequences]
   * @param read what takes the states from memory by their ids: a lookup of rows unless given
   */
  recurrentState(memory: Tensor, read?: (states: Tensor, ids: Tensor) => Tensor): Tensor {
    const [width, count] = memory.ne;
    const { main, extra } = this.stateIds();
    const states = this.reshape(memory, width, count);
    this.expand(this.scaleInPlace(this.view(states, [width])));
    const found = read ? read(states, main) : this.getRows(states, main);
    this.expand(found);
    this.expand(this.cpy(this.getRows(states, extra), this.view(memory, [width, 0], [memory.nb[1]])));
    return found;
  }

  /**
   * Whether the gated delta rule runs as one operation. llama.cpp tries it with a batch of 16 tokens per sequence and
   * gives it up when a block on the CPU would run it on a GPU, where larger batches go (`resolve_fused_ops`).
   */
  get fusedDeltaNet(): boolean {
    const { layers, layerBackends, cpu } = this.plan;
    if (cpu === 0 || FUSED_PROBE_TOKENS * this.sequences < OFFLOAD_MIN_BATCH) return true;
    return layers.every(
      (layer, il) => layerBackends[il] !== cpu || layer.caches.every((cache) => cache.kind !== "recurrent"),
    );
  }

  /** Keeps `values` for the next batch in a part of a state that begins `offset` elements into it. */
  keepState(values: Tensor, memory: Tensor, offset = 0): void {
    const width = elements(values) / this.sequences;
    this.expand(this.cpy(values, this.view(memory, [width, this.sequences], [memory.nb[1]], offset * 4)));
  }

  // --- operations with a rule of their own ---------------------------------------------------------------------

  /** A matrix product with a weight and, where the file has one, its scale (`build_lora_mm`). */
  linear(weight: Tensor, x: Tensor): Tensor {
    return this.mulMat(weight, x);
  }

  /** Adds a bias where there is one. */
  bias(x: Tensor, bias: Tensor | undefined): Tensor {
    return bias ? this.add(x, bias) : x;
  }

  /** A norm with its weight and bias (`build_norm`). */
  norm(x: Tensor, weight: Tensor | undefined, bias?: Tensor, kind: "rms" | "layer" = "rms"): Tensor {
    let t = kind === "rms" ? this.rmsNorm(x) : this.layerNorm(x);
    if (weight) t = this.mul(t, weight);
    return this.bias(t, bias);
  }

  /**
   * Scores, softmax and weighted sum over K and V (`build_attn_mha`).
   * @param q [head length, heads, tokens]
   * @param k [head length, kv heads, cells, streams]
   * @param v as k, or transposed [cells, kv heads, head length, streams]
   * @returns [heads * value length, tokens]
   */
  attend(il: number, q: Tensor, k: Tensor, v: Tensor, mask: Tensor, options: AttendOptions = {}): Tensor {
    const transposed = v.nb[1] > v.nb[2];
    const streams = k.ne[3];
    q = this.view(q, [q.ne[0], q.ne[1], q.ne[2] / streams, streams], [q.nb[1], q.nb[2], q.nb[3] / streams]);
    q = this.permute(q, 0, 2, 1, 3);
    k = this.permute(k, 0, 2, 1, 3);
    v = this.permute(v, 0, 2, 1, 3);

    let out: Tensor;
    if (this.plan.flashAttention) {
      if (transposed) v = this.transpose(v);
      if (k.type === "f32") k = this.cast(k, "f16");
      if (v.type === "f32") v = this.cast(v, "f16");
      out = this.flashAttention(q, k, v, mask, options.sinks);
      this.flashNodes.push({ node: out, backend: this.plan.layerBackends[il] as number });
      if (options.valueProjection) {
        out = this.permute(out, 0, 2, 1, 3);
        out = this.mulMat(options.valueProjection, out);
        out = this.permute(out, 0, 2, 1, 3);
        out = this.cont(out);
      }
      out = this.reshape(out, out.ne[0] * out.ne[1], out.ne[2] * out.ne[3]);
    } else {
      let scores = this.mulMat(k, q);
      if (options.softCap) {
        scores = this.scale(scores);
        scores = this.unary(scores);
        scores = this.scale(scores);
      }
      scores = this.softMax(scores, mask, options.sinks);
      if (!transposed) v = this.cont(this.transpose(v));
      out = this.mulMat(v, scores);
      if (options.valueProjection) out = this.mulMat(options.valueProjection, out);
      out = this.permute(out, 0, 2, 1, 3);
      out = this.cont(out, out.ne[0] * out.ne[1], out.ne[2] * out.ne[3]);
    }
    this.expand(out);
    return out;
  }

  /** Stores K (and V) of the batch and returns what the cache then holds (`cpy_k`, `cpy_v`, `get_k`, `get_v`). */
  store(il: number, key: Tensor | undefined, value: Tensor | undefined, input: AttentionInput): void {
    const [k, v] = this.cacheTensors(il, "attention") as [Tensor, Tensor];
    if (key) this.expand(this.storeRows(k, key, input.keyIds));
    if (value && input.valueIds) {
      this.expand(
        this.plan.transposedValues
          ? this.storeTransposed(v, value, input.valueIds)
          : this.storeRows(v, value, input.valueIds),
      );
    }
  }

  /** Writes [length, heads, tokens] as one row per token into a cache. */
  storeRows(cache: Tensor, rows: Tensor, ids: Tensor): Tensor {
    const flat = this.view(rows, [rows.ne[0] * rows.ne[1], rows.ne[2]], [rows.nb[2]]);
    const target = cache.ne[2] > 1 ? this.reshape(cache, cache.ne[0], cache.ne[1] * cache.ne[2]) : cache;
    return this.setRows(target, flat, ids);
  }

  private storeTransposed(cache: Tensor, value: Tensor, ids: Tensor): Tensor {
    const width = value.ne[0] * value.ne[1];
    const packed = value.nb[2] === width * value.nb[0];
    let flat = packed ? this.reshape(value, width, value.ne[2]) : this.cont(value, width, value.ne[2]);
    if (width < cache.ne[0]) flat = this.pad(flat, cache.ne[0] - width);
    const target = this.reshape(cache, 1, cache.ne[0] * cache.ne[1] * cache.ne[2]);
    return this.setRows(target, this.reshape(flat, 1, flat.ne[0] * flat.ne[1]), ids);
  }

  /** K and V of block `il` as attention reads them. */
  cached(il: number): CachePair & { readonly v: Tensor } {
    const [k, v] = this.cacheTensors(il, "attention") as [Tensor, Tensor];
    return { k: this.readKeys(k, this.keyLength(il), this.headCountKv(il)), v: this.readValues(il, v) };
  }

  /** Rows of a cache as [length, heads, cells, streams]. */
  readKeys(cache: Tensor, length: number, heads: number): Tensor {
    const unit = cache.nb[1] / cache.ne[0];
    return this.view(cache, [length, heads, cache.ne[1], cache.ne[2]], [length * unit, cache.nb[1], cache.nb[2]]);
  }

  private readValues(il: number, v: Tensor): Tensor {
    const length = this.valueLength(il);
    const heads = this.headCountKv(il);
    if (!this.plan.transposedValues) return this.readKeys(v, length, heads);
    const cells = v.ne[1];
    const unit = v.nb[0];
    return this.view(v, [cells, heads, length, v.ne[2]], [cells * length * unit, cells * unit, cells * v.ne[0] * unit]);
  }

  /** Makes gaps disappear before an operation that needs none. */
  packed(t: Tensor): Tensor {
    return isContiguous(t) ? t : this.cont(t);
  }
}

export interface AttendOptions {
  readonly sinks?: Tensor | undefined;
  /** Scores are squashed by tanh (`attn_logit_softcapping`). */
  readonly softCap?: boolean;
  /** Latent attention: turns the latent result into values per head (`v_mla`). */
  readonly valueProjection?: Tensor | undefined;
}

/** Elements of one head's K or V (`n_embd_head_k`, `n_embd_head_v`). */
export function headLength(hp: Hyperparameters, part: "key" | "value", sliding = false): number {
  const key = `attention.${part}_length`;
  if (sliding && hp.has(`${key}_swa`)) return hp.number(`${key}_swa`);
  const heads = hp.number("attention.head_count", 0);
  return hp.number(key, heads > 0 ? hp.number("embedding_length") / heads : 0);
}

/** `n_embd_v_gqa_max`: elements per token of the widest V. */
export function widestValueWidth(layers: readonly Layer[]): number | undefined {
  let widest: number | undefined;
  for (const layer of layers) {
    for (const cache of layer.caches) {
      if (cache.kind === "attention") widest = Math.max(widest ?? 0, cache.valueWidth);
    }
  }
  return widest;
}
