import { type Cache, type CacheTypes, type ContextShape, contextShape, type Layer } from "./cache.js";
import { GGML_TYPES, type GgmlType, tensorBytes } from "./ggml.js";
import type { WeightedModel } from "./memory.js";
import type { TensorInfo } from "./model.js";
import { backendOfTensor, classifyTensor, type PlacementPlan, type TensorPlace } from "./placement.js";
import type { Settings } from "./settings.js";
import { tensorTable } from "./tensor-table.js";

/** What decoding one token reads of the weights on one backend, and the blocks that run there. */
export interface WeightReads {
  /** Bytes of the weights a token passes: all but the embeddings, of routed experts the part in use. */
  readonly bytes: number;
  readonly blocks: number;
  /** Blocks whose routed experts lie here, wherever the rest of the block runs. */
  readonly expertBlocks: number;
  /** Blocks with a recurrent state. */
  readonly recurrentBlocks: number;
}

/** What decoding one token reads of the cache on one backend, in bytes. */
export interface CacheReads {
  /** Keys, values and recurrent states. */
  readonly bytes: number;
  /** Latent caches (MLA), which every head reads again. */
  readonly latentBytes: number;
}

/** A weight of which every token reads a part. */
interface Weight {
  readonly index: number;
  readonly place: TensorPlace;
}

interface Prepared {
  readonly layers: readonly Layer[];
  readonly weights: readonly Weight[];
  /** Position of the token embedding when it is the output matrix too; -1 otherwise. */
  readonly tiedOutput: number;
}

/** Keyed by the tensor list, which all quantizations of a model share. */
const prepared = new WeakMap<readonly TensorInfo[], Prepared>();

function prepare(model: WeightedModel): Prepared {
  const known = prepared.get(model.tensors);
  if (known) return known;
  const { architecture, hp, tensors } = model;
  const layers = architecture.layers(hp);
  const named = (name: string) => tensors.findIndex((tensor) => tensor.name === name);
  const tied = named("output.weight") < 0 && architecture.headless !== true;
  const made: Prepared = {
    layers,
    // one row of the embeddings is next to nothing, and blocks that predict further tokens do not run
    weights: tensors
      .map((tensor, index) => ({ index, place: classifyTensor(tensor, architecture.finalNorm) }))
      .filter(({ place }) => place.role !== "input" && place.block < layers.length),
    tiedOutput: tied ? named("token_embd.weight") : -1,
  };
  prepared.set(model.tensors, made);
  return made;
}

function bytesPerWeight(type: GgmlType): number {
  return GGML_TYPES[type].blockBytes / GGML_TYPES[type].blockSize;
}

/**
 * What one token reads of the weights on every backend of a placement, the CPU last. Types smaller than q2_K count
 * as much as q2_K: they take more arithmetic to unpack, and no measurement shows them faster.
 */
export function weightReads(model: WeightedModel, plan: PlacementPlan): WeightReads[] {
  const { layers, weights, tiedOutput } = prepare(model);
  const bytes = new Array<number>(plan.cpu + 1).fill(0);
  const blocks = [...bytes];
  const expertBlocks = [...bytes];
  const recurrentBlocks = [...bytes];
  const add = (counts: number[], backend: number, amount: number) => {
    counts[backend] = (counts[backend] as number) + amount;
  };
  const table = tensorTable(model.tensors);
  const bytesOf = (index: number) => {
    const type = model.types[index] as GgmlType;
    return table.bytes(index, type).bare * Math.max(1, bytesPerWeight("q2_K") / bytesPerWeight(type));
  };
  const experts = model.hp.number("expert_count", 0);
  const inUse = experts > 0 ? model.hp.number("expert_used_count", experts) / experts : 1;
  const withExperts = new Map<number, number>();
  for (const { index, place } of weights) {
    const backend = backendOfTensor(place, plan);
    add(bytes, backend, place.role === "experts" ? bytesOf(index) * inUse : bytesOf(index));
    if (place.role === "experts") withExperts.set(place.block, backend);
  }
  if (tiedOutput >= 0) add(bytes, plan.outputBackend, bytesOf(tiedOutput));
  for (const backend of withExperts.values()) add(expertBlocks, backend, 1);
  layers.forEach((layer, il) => {
    const backend = plan.blockBackends[il] ?? plan.cpu;
    add(blocks, backend, 1);
    if (layer.caches.some((cache) => cache.kind === "recurrent")) add(recurrentBlocks, backend, 1);
  });
  return bytes.map((read, i) => ({
    bytes: read,
    blocks: blocks[i] as number,
    expertBlocks: expertBlocks[i] as number,
    recurrentBlocks: recurrentBlocks[i] as number,
  }));
}

/**
 * What one token reads of the cache on every backend of a placement, the CPU last.
 * @param kept tokens of the same sequence before it
 */
export function cacheReads(
  model: WeightedModel,
  plan: PlacementPlan,
  settings: Pick<Settings, "batch" | "ubatch" | "cacheTypeK" | "cacheTypeV" | "swaFull" | "allLogits" | "kvOffload">,
  kept: number,
): CacheReads[] {
  const { architecture, hp } = model;
  const { layers } = prepare(model);
  const window = architecture.slidingWindow?.(hp) ?? hp.number("attention.sliding_window", 0);
  const shape = contextShape(
    { ...settings, contextLength: kept + 1, parallel: 1, kvUnified: true },
    { window, causal: true },
  );
  const types = { k: settings.cacheTypeK, v: settings.cacheTypeV };
  const reads = Array.from({ length: plan.cpu + 1 }, () => ({ bytes: 0, latentBytes: 0 }));
  layers.forEach((layer, il) => {
    const backend = settings.kvOffload ? (plan.blockBackends[il] ?? plan.cpu) : plan.cpu;
    const at = reads[backend] as { bytes: number; latentBytes: number };
    const owner = layer.sharesCacheOf === undefined ? layer : layers[layer.sharesCacheOf];
    for (const cache of owner?.caches ?? []) {
      const bytes = cacheReadBytes(cache, layer.sliding ?? false, shape, types);
      if (cache.kind === "latent") at.latentBytes += bytes;
      else at.bytes += bytes;
    }
  });
  return reads;
}

/** Bytes one token reads of a cache; a recurrent state is read and written back. */
function cacheReadBytes(cache: Cache, sliding: boolean, shape: ContextShape, types: CacheTypes): number {
  const cells = sliding ? shape.slidingCells : shape.cells;
  switch (cache.kind) {
    case "attention":
      return tensorBytes(types.k, [cache.keyWidth, cells]) + tensorBytes(types.v, [cache.valueWidth, cells]);
    case "latent":
    case "indexer":
      return tensorBytes(types.k, [cache.keyWidth, cells]);
    case "recurrent":
      return 2 * tensorBytes("f32", [cache.convolutionWidth + cache.stateWidth]);
  }
}
