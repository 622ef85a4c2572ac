import { type Cache, type CacheTypes, cacheTensors, type Layer, widestValueWidth } from "./cache.js";
import { FitcheckError } from "./errors.js";
import { Graph } from "./graph/graph.js";
import { type Buffer, isContiguous, type Tensor } from "./graph/tensor.js";
import type { GraphPlan } from "./graph-plan.js";
import { headLength } from "./head-length.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TypedTensor } from "./model.js";

/** What attention over a cache needs from outside, shared by all layers of a kind. */
export interface AttentionInput {
  readonly mask: Tensor;
  readonly keyIds: Tensor;
  readonly valueIds: Tensor | undefined;
  readonly keyRotation: Tensor | undefined;
  readonly valueRotation: Tensor | undefined;
}

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

  /** Tokens of each sequence in the batch (`n_seq_tokens`). */
  get tokensPerSequence(): number {
    return this.tokens / this.sequences;
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

  /** The tensor of this name, made when it is first asked for. */
  once(name: string, make: () => Tensor): Tensor {
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

  /** Makes gaps disappear before an operation that needs none. */
  packed(t: Tensor): Tensor {
    return isContiguous(t) ? t : this.cont(t);
  }
}
