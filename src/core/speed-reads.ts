import { type Cache, type CacheTypes, type ContextShape, contextShape, type Layer } from "./cache.js";
import { GGML_TYPES, type GgmlType, tensorBytes } from "./ggml.js";
import { prepare, type WeightedModel } from "./memory.js";
import { backendOfTensor, gathered, type Holding, type PlacementPlan, type TensorPlace } from "./placement.js";
import type { MemoryEstimate } from "./report.js";
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

/** What a token reads in one placement, whatever the types of the weights. */
export interface ReadPlan {
  readonly plan: PlacementPlan;
  /** Weights that a token reads, at least in part. */
  readonly read: readonly Holding[];
  /** Weights that lie in memory and that it does not read, or the part of them. */
  readonly unread: readonly Holding[];
  /** Per backend; see `WeightReads`. */
  readonly counts: readonly Omit<WeightReads, "bytes">[];
}

/** Of the embeddings a token reads one row, next to nothing; blocks that predict further tokens are not loaded. */
export function planReads(model: WeightedModel, plan: PlacementPlan): ReadPlan {
  const { architecture, hp } = model;
  const { layers, places, index: names } = prepare(model);
  const experts = hp.number("expert_count", 0);
  const inUse = experts > 0 ? hp.number("expert_used_count", experts) / experts : 1;
  const tied = !names.has("output.weight") && architecture.headless !== true;
  // held once for both uses where the output is on the CPU too
  const shared = tied && plan.outputBackend === plan.cpu && !architecture.outputLoadedFirst;
  const read: Holding[] = [];
  const unread: Holding[] = [];
  const expertsAt = new Map<number, number>();
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as TensorPlace;
    if (place.block >= layers.length) continue;
    if (place.role === "input") {
      const isOutput = tied && place.tensor.name === "token_embd.weight";
      if (isOutput) read.push({ index, backend: plan.outputBackend, amount: 1 });
      if (!(isOutput && shared)) unread.push({ index, backend: plan.cpu, amount: 1 });
      continue;
    }
    const backend = backendOfTensor(place, plan);
    const part = place.role === "experts" ? inUse : 1;
    read.push({ index, backend, amount: part });
    if (part < 1) unread.push({ index, backend, amount: 1 - part });
    if (place.role === "experts") expertsAt.set(place.block, backend);
  }
  return {
    plan,
    read: gathered(read, model.alike),
    unread: gathered(unread, model.alike),
    counts: countBlocks(layers, plan, [...expertsAt.values()]),
  };
}

function countBlocks(layers: readonly Layer[], plan: PlacementPlan, expertsAt: readonly number[]): ReadPlan["counts"] {
  const counts = Array.from({ length: plan.cpu + 1 }, () => ({ blocks: 0, expertBlocks: 0, recurrentBlocks: 0 }));
  layers.forEach((layer, il) => {
    const at = counts[plan.blockBackends[il] ?? plan.cpu] as { blocks: number; recurrentBlocks: number };
    at.blocks++;
    if (layer.caches.some((cache) => cache.kind === "recurrent")) at.recurrentBlocks++;
  });
  for (const backend of expertsAt) (counts[backend] as { expertBlocks: number }).expertBlocks++;
  return counts;
}

const { q2_K } = GGML_TYPES;

/** By how much q2_K is larger than the types that are smaller. */
const SMALLER_THAN_Q2_K: ReadonlyMap<GgmlType, number> = new Map(
  (Object.keys(GGML_TYPES) as GgmlType[]).flatMap((type) => {
    const { blockBytes, blockSize } = GGML_TYPES[type];
    const larger = q2_K.blockBytes / q2_K.blockSize / (blockBytes / blockSize);
    return larger > 1 ? [[type, larger] as const] : [];
  }),
);

/**
 * What one token reads of the weights on every backend of a placement, the CPU last. Types smaller than q2_K count
 * as much as q2_K: they take more arithmetic to unpack, and no measurement shows them faster.
 * @param memory what the placement takes: all weights, of which the unread are left out here
 */
export function weightReads(model: WeightedModel, reads: ReadPlan, memory: MemoryEstimate): WeightReads[] {
  const table = tensorTable(model.tensors);
  const typeOf = (index: number) => model.types[index] as GgmlType;
  const cpu = reads.plan.cpu;
  const bytes = reads.counts.map((_, i) => (i === cpu ? memory.host : memory.devices[i])?.weightsBytes ?? 0);
  const add = (backend: number, amount: number) => {
    bytes[backend] = (bytes[backend] as number) + amount;
  };
  for (const { index, backend, amount } of reads.unread) {
    const { onHost, onGpu } = table.bytes(index, typeOf(index));
    add(backend, -amount * (backend === cpu ? onHost : onGpu));
  }
  for (const { index, backend, amount } of reads.read) {
    const larger = SMALLER_THAN_Q2_K.get(typeOf(index));
    if (larger) add(backend, table.bytes(index, typeOf(index)).bare * amount * (larger - 1));
  }
  return reads.counts.map((count, backend) => ({ ...count, bytes: bytes[backend] as number }));
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
  const known = new Map<Layer, CacheReads>();
  layers.forEach((layer, il) => {
    const backend = settings.kvOffload ? (plan.blockBackends[il] ?? plan.cpu) : plan.cpu;
    const at = reads[backend] as { bytes: number; latentBytes: number };
    const read = known.get(layer) ?? layerReads(layer, layers, shape, types);
    known.set(layer, read);
    at.bytes += read.bytes;
    at.latentBytes += read.latentBytes;
  });
  return reads;
}

function layerReads(layer: Layer, layers: readonly Layer[], shape: ContextShape, types: CacheTypes): CacheReads {
  const owner = layer.sharesCacheOf === undefined ? layer : layers[layer.sharesCacheOf];
  let bytes = 0;
  let latentBytes = 0;
  for (const cache of owner?.caches ?? []) {
    const read = cacheReadBytes(cache, layer.sliding ?? false, shape, types);
    if (cache.kind === "latent") latentBytes += read;
    else bytes += read;
  }
  return { bytes, latentBytes };
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
