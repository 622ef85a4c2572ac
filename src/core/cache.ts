import { type CacheType, type GgmlType, tensorBytes } from "./ggml.js";
import { CUDA_ALIGNMENT, cudaTensorBytes, HOST_ALIGNMENT } from "./graph/cuda.js";
import type { Settings } from "./settings.js";
import { padTo } from "./units.js";

/**
 * One thing a layer keeps between tokens. A layer may keep several (Falcon-H1: attention and
 * recurrent; DeepSeek sparse attention: latent and indexer keys) or none.
 */
export type Cache =
  /** K and V of every head; widths in elements per token (`n_embd_k_gqa`, `n_embd_v_gqa`). */
  | { readonly kind: "attention"; readonly keyWidth: number; readonly valueWidth: number }
  /** Multi-head latent attention: K only, V is a view of it; `kv_lora_rank + rope dimension` wide. */
  | { readonly kind: "latent"; readonly keyWidth: number }
  /** Keys of a sparse attention indexer. */
  | { readonly kind: "indexer"; readonly keyWidth: number }
  /** F32 state per sequence, whatever the context (`n_embd_r`, `n_embd_s`). */
  | { readonly kind: "recurrent"; readonly convolutionWidth: number; readonly stateWidth: number };

export interface Layer {
  readonly caches: readonly Cache[];
  /** Attends to a window only, so its cache holds no more than that. */
  readonly sliding?: boolean;
  /** Reads the cache of this earlier layer instead of one of its own (Gemma 3n, Gemma 4-E). */
  readonly sharesCacheOf?: number;
  /** Tells blocks apart that have the same tensors but compute something else (some without rope). */
  readonly variant?: string;
}

/** What llama.cpp makes of the settings before it allocates anything (`llama_context::llama_context`). */
export interface ContextShape {
  /** Tokens of context over all sequences, padded (`n_ctx`). */
  readonly contextLength: number;
  /** Tokens one sequence gets (`n_ctx_seq`). */
  readonly contextPerSequence: number;
  readonly sequences: number;
  /** Separate caches: one when unified, else one per sequence (`n_stream`). */
  readonly streams: number;
  /** `n_ubatch`: never more than the context that was asked for. */
  readonly ubatch: number;
  /** Tokens of the largest batch, a multiple of the sequences. */
  readonly tokens: number;
  /** Logits rows reserved for it (`n_outputs_pp`). */
  readonly outputs: number;
  /** Cells of a full and of a sliding-window cache, per stream. */
  readonly cells: number;
  readonly slidingCells: number;
}

/** Everything is padded to this many cells (`GGML_PAD(n_ctx, 256)`). */
const CELL_STEP = 256;

export interface ContextRules {
  /** `attention.sliding_window`, 0 without one. */
  readonly window: number;
  /** False for embedding models: the batch is not bounded by the context (`causal_attn`). */
  readonly causal: boolean;
}

export function contextShape(
  settings: Pick<Settings, "contextLength" | "parallel" | "kvUnified" | "batch" | "ubatch" | "swaFull" | "allLogits">,
  rules: ContextRules,
): ContextShape {
  const sequences = settings.parallel;
  const batch = rules.causal ? Math.min(settings.contextLength, settings.batch) : settings.batch;
  const ubatch = Math.min(batch, settings.ubatch);
  const padded = padTo(settings.contextLength, CELL_STEP);
  const contextPerSequence = settings.kvUnified ? padded : padTo(Math.floor(padded / sequences), CELL_STEP);
  const contextLength = settings.kvUnified ? padded : contextPerSequence * sequences;
  const tokens = Math.min(contextLength, ubatch);
  const cells = contextPerSequence;
  const window = rules.window * (settings.kvUnified ? sequences : 1) + ubatch;
  return {
    contextLength,
    contextPerSequence,
    sequences,
    streams: settings.kvUnified ? 1 : sequences,
    ubatch,
    tokens: padTo(tokens, sequences),
    outputs: Math.min(tokens, settings.allLogits ? batch : sequences),
    cells,
    // llama_kv_cache_iswa: size_swa
    slidingCells: settings.swaFull ? cells : padTo(Math.min(cells, window), CELL_STEP),
  };
}

export interface CacheTypes {
  readonly k: CacheType;
  readonly v: CacheType;
}

/** A tensor a cache allocates: `[width, cells, streams]`. */
export interface CacheTensor {
  readonly type: GgmlType;
  readonly shape: readonly [number, number, number];
}

/**
 * The tensors one cache of a layer allocates.
 * @param widestValue elements per token of the widest V in the model when V is stored transposed
 *   (no flash attention), else undefined: llama.cpp pads every V to it ([TAG_V_CACHE_VARIABLE])
 */
export function cacheTensors(
  cache: Cache,
  sliding: boolean,
  shape: ContextShape,
  types: CacheTypes,
  widestValue: number | undefined,
): CacheTensor[] {
  const cells = sliding ? shape.slidingCells : shape.cells;
  switch (cache.kind) {
    case "attention":
      return [
        { type: types.k, shape: [cache.keyWidth, cells, shape.streams] },
        { type: types.v, shape: [widestValue ?? cache.valueWidth, cells, shape.streams] },
      ];
    case "latent":
    case "indexer":
      return [{ type: types.k, shape: [cache.keyWidth, cells, shape.streams] }];
    case "recurrent":
      // llama_memory_recurrent: r_l and s_l, one row per sequence
      return [
        { type: "f32", shape: [cache.convolutionWidth, shape.sequences, 1] },
        { type: "f32", shape: [cache.stateWidth, shape.sequences, 1] },
      ];
  }
}

/** Bytes a cache tensor takes in a GPU's or the host's buffer, padding and alignment included. */
export function cacheTensorBytes(tensor: CacheTensor, onGpu: boolean): number {
  const bytes = tensorBytes(tensor.type, tensor.shape);
  return onGpu
    ? padTo(cudaTensorBytes(tensor.type, tensor.shape[0], bytes), CUDA_ALIGNMENT)
    : padTo(bytes, HOST_ALIGNMENT);
}

/** Bytes that a layer keeps between tokens, where it lies on a GPU and where on the host. */
export interface LayerCacheBytes {
  readonly onGpu: number;
  readonly onHost: number;
}

/**
 * What each layer keeps between tokens. Layers that are the same object are worked out once.
 * @param widestValue as for `cacheTensors`
 */
export function layerCacheBytes(
  layers: readonly Layer[],
  shape: ContextShape,
  types: CacheTypes,
  widestValue: number | undefined,
): LayerCacheBytes[] {
  const known = new Map<Layer, LayerCacheBytes>();
  return layers.map((layer) => {
    let bytes = known.get(layer);
    if (!bytes) {
      const tensors = layer.caches.flatMap((cache) =>
        cacheTensors(cache, layer.sliding ?? false, shape, types, widestValue),
      );
      const sum = (onGpu: boolean) => tensors.reduce((all, tensor) => all + cacheTensorBytes(tensor, onGpu), 0);
      bytes = { onGpu: sum(true), onHost: sum(false) };
      known.set(layer, bytes);
    }
    return bytes;
  });
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
