import { type Cache, type CacheTypes, contextShape, type Layer } from "./cache.js";
import { type GgmlType, tensorBytes } from "./ggml.js";
import type { WeightedModel } from "./memory.js";
import type { TensorInfo } from "./model.js";
import { backendOfTensor, classifyTensor, type PlacementPlan, type TensorPlace } from "./placement.js";
import type { Settings } from "./settings.js";
import { tensorTable } from "./tensor-table.js";

/** What decoding one token reads on one backend, in bytes, and the blocks that run there. */
export interface TokenReads {
  /** Weights that every token reads. */
  weightBytes: number;
  /** Weights of the experts that the token is routed to, on average. */
  expertBytes: number;
  /** Keys, values and recurrent states of the tokens before it. */
  cacheBytes: number;
  blocks: number;
  /** Blocks whose experts lie here, wherever the rest of the block runs. */
  expertBlocks: number;
}

/** Settings that decide what is read from the cache. */
export type CacheSettings = Pick<
  Settings,
  "cacheTypeK" | "cacheTypeV" | "kvOffload" | "swaFull" | "ubatch" | "batch" | "allLogits"
>;

/** A weight of which at least part is read for every token. */
interface Weight {
  readonly index: number;
  readonly place: TensorPlace;
}

interface Prepared {
  readonly layers: readonly Layer[];
  readonly weights: readonly Weight[];
  /** Position of the token embedding when it serves as the output matrix too; -1 otherwise. */
  readonly tiedOutput: number;
}

/** Keyed by the tensor list, which all quantizations of a model share. */
const prepared = new WeakMap<readonly TensorInfo[], Prepared>();

function prepare(model: WeightedModel): Prepared {
  const known = prepared.get(model.tensors);
  if (known) return known;
  const layers = model.architecture.layers(model.hp);
  const places = model.tensors.map(classifyTensor);
  const named = (name: string) => model.tensors.findIndex((tensor) => tensor.name === name);
  const tied = named("output.weight") < 0 && model.architecture.headless !== true;
  const made: Prepared = {
    layers,
    // of the embeddings one row is read, which is next to nothing; blocks that predict further tokens do not run
    weights: places.flatMap((place, index) =>
      place.role === "input" || place.block >= layers.length ? [] : [{ index, place }],
    ),
    tiedOutput: tied ? named("token_embd.weight") : -1,
  };
  prepared.set(model.tensors, made);
  return made;
}

/**
 * What one token reads on every backend of a placement, the CPU last.
 * @param kept tokens in the cache before it
 */
export function tokenReads(
  model: WeightedModel,
  plan: PlacementPlan,
  kept: number,
  settings: CacheSettings,
): TokenReads[] {
  const { layers, weights, tiedOutput } = prepare(model);
  const reads = Array.from({ length: plan.cpu + 1 }, () => ({
    weightBytes: 0,
    expertBytes: 0,
    cacheBytes: 0,
    blocks: 0,
    expertBlocks: 0,
  }));
  const table = tensorTable(model.tensors);
  const bytesOf = (index: number) => table.bytes(index, model.types[index] as GgmlType).bare;
  const experts = model.hp.number("expert_count", 0);
  const used = experts > 0 ? model.hp.number("expert_used_count", experts) / experts : 1;
  let lastExperts = -1;
  for (const { index, place } of weights) {
    const at = reads[backendOfTensor(place, plan)] as TokenReads;
    if (place.role !== "experts") {
      at.weightBytes += bytesOf(index);
      continue;
    }
    at.expertBytes += bytesOf(index) * used;
    if (place.block !== lastExperts) at.expertBlocks++;
    lastExperts = place.block;
  }
  if (tiedOutput >= 0) (reads[plan.outputBackend] as TokenReads).weightBytes += bytesOf(tiedOutput);
  addCaches(reads, model, layers, plan, kept, settings);
  return reads;
}

function addCaches(
  reads: readonly TokenReads[],
  model: WeightedModel,
  layers: readonly Layer[],
  plan: PlacementPlan,
  kept: number,
  settings: CacheSettings,
): void {
  const { architecture, hp } = model;
  const window = architecture.slidingWindow?.(hp) ?? hp.number("attention.sliding_window", 0);
  const shape = contextShape({ ...settings, contextLength: kept + 1, parallel: 1, kvUnified: true }, { window, causal: true });
  const types = { k: settings.cacheTypeK, v: settings.cacheTypeV };
  layers.forEach((layer, il) => {
    const backend = plan.blockBackends[il] ?? plan.cpu;
    (reads[backend] as TokenReads).blocks++;
    const at = reads[settings.kvOffload ? backend : plan.cpu] as TokenReads;
    const owner = layer.sharesCacheOf === undefined ? layer : (layers[layer.sharesCacheOf] as Layer);
    const cells = layer.sliding ? shape.slidingCells : shape.cells;
    for (const cache of owner.caches) at.cacheBytes += cacheReadBytes(cache, cells, types);
  });
}

/** Bytes one token reads of a cache; a recurrent state is read and written back. */
function cacheReadBytes(cache: Cache, cells: number, types: CacheTypes): number {
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
