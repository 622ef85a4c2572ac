import type { Architecture } from "./architecture.js";
import {
  type CacheTypes,
  type ContextShape,
  contextShape,
  type Layer,
  layerCacheBytes,
  widestValueWidth,
} from "./cache.js";
import { checkCacheTypes } from "./cache-rules.js";
import { computeBuffers, kindsOfBlocks } from "./compute.js";
import { FitcheckError } from "./errors.js";
import type { GgmlType } from "./ggml.js";
import type { PeakWatch } from "./graph/allocator.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TensorInfo } from "./model.js";
import {
  classifyTensor,
  gathered,
  type Holding,
  holdings,
  type PlacementPlan,
  placeBlocks,
  type TensorPlace,
  weightsOf,
} from "./placement.js";
import type { FlashAttention, Settings } from "./settings.js";
import { tensorTable } from "./tensor-table.js";

/** A model with the types of its tensors decided: what memory accounting works on. */
export interface WeightedModel {
  readonly architecture: Architecture;
  readonly hp: Hyperparameters;
  readonly tensors: readonly TensorInfo[];
  /** One per tensor, in the same order. */
  readonly types: readonly GgmlType[];
  /** Per tensor the first one of the same shape and type, where that holds for all quantizations of these tensors. */
  readonly alike?: readonly number[] | undefined;
  /** Bytes of the weights where no GGUF is loaded; see `QuantOffer`. The types then only stand for them. */
  readonly loadedBytes?: number;
}

/** Where blocks and experts go. */
export interface PlacementSettings {
  readonly gpuLayers: number | "all";
  readonly cpuMoeLayers: number;
  readonly devices: readonly { readonly totalBytes: number }[];
  readonly tensorSplit?: readonly number[] | undefined;
  /** Weights kept on the CPU by name, as `-ot` spells it: `blk\\.3\\.ffn_down_exps=CPU`. */
  readonly overrideTensors?: readonly string[] | undefined;
}

/** Settings that decide memory, with the placement fixed. */
export interface MemoryRequest
  extends PlacementSettings,
    Pick<
      Settings,
      | "contextLength"
      | "parallel"
      | "kvUnified"
      | "batch"
      | "ubatch"
      | "cacheTypeK"
      | "cacheTypeV"
      | "flashAttention"
      | "swaFull"
      | "allLogits"
      | "kvOffload"
    > {
  /** Build every block instead of leaving repetitions out: slower, for checks. */
  readonly everyBlock?: boolean;
  /** Collects what the compute buffers hold at their peak. */
  readonly watch?: PeakWatch;
}

/** llama.cpp's own accounting of one backend: model, context, compute, in bytes. */
export interface BackendMemory {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
}

export interface AccountedMemory {
  readonly devices: readonly BackendMemory[];
  readonly host: BackendMemory;
  readonly flashAttention: boolean;
}

/** What follows from the tensors' names and shapes alone, whatever their types. */
export interface Prepared {
  readonly layers: readonly Layer[];
  readonly places: readonly TensorPlace[];
  readonly index: ReadonlyMap<string, number>;
  readonly blockKinds: readonly number[];
  /** Placements tried so far. */
  readonly placed: Map<string, Placed>;
}

/** Keyed by what all quantizations of a model share. */
const prepared = new WeakMap<readonly (TensorInfo | number)[], Prepared>();

/** What all quantizations of a model have in common, and no other model has: a key for what is worked out once. */
export function sharedBy(model: WeightedModel): readonly (TensorInfo | number)[] {
  return model.alike ?? model.tensors;
}

/** What follows from the model's tensors, worked out once for all its quantizations. */
export function prepare(model: WeightedModel): Prepared {
  const known = prepared.get(sharedBy(model));
  if (known) return known;
  const layers = model.architecture.layers(model.hp);
  const { finalNorm, hostWeights } = model.architecture;
  const places = model.tensors.map((tensor): TensorPlace => {
    const place = classifyTensor(tensor, finalNorm);
    return hostWeights?.test(tensor.name) ? { ...place, role: "input" } : place;
  });
  const made: Prepared = {
    layers,
    places,
    blockKinds: kindsOfBlocks(layers, places),
    placed: new Map(),
    index: new Map(model.tensors.map((tensor, i) => [tensor.name, i])),
  };
  prepared.set(sharedBy(model), made);
  return made;
}

/** Memory per device and on the host, as llama.cpp's breakdown gives it. */
export function accountMemory(model: WeightedModel, request: MemoryRequest): AccountedMemory {
  return addWeights(accountWeights(model, request), accountContext(model, request));
}

/** A placement and the weights it puts where. */
interface Placed {
  readonly plan: PlacementPlan;
  readonly held: readonly Holding[];
}

function place(model: WeightedModel, request: PlacementSettings): Placed {
  const { layers, places, placed } = prepare(model);
  const { gpuLayers, cpuMoeLayers, devices, tensorSplit, overrideTensors } = request;
  const key = `${gpuLayers} ${cpuMoeLayers} ${devices.map((device) => device.totalBytes).join()} ${tensorSplit?.join()} ${overrideTensors?.join()}`;
  let made = placed.get(key);
  if (!made) {
    const plan = placeBlocks({ blockCount: model.hp.number("block_count"), ...request });
    made = { plan, held: gathered(holdings(places, plan, layers, model.architecture), model.alike) };
    placed.set(key, made);
  }
  return made;
}

/** Weight bytes per backend, the host's last: all that depends on the types of the tensors. */
export function accountWeights(model: WeightedModel, request: PlacementSettings): number[] {
  const { plan, held } = place(model, request);
  const bytes = weightsOf(held, model.types, tensorTable(model.tensors), plan.cpu);
  return model.loadedBytes === undefined ? bytes : spreadBytes(model.loadedBytes, bytes, plan);
}

/** The same split for another total. With everything on the GPUs nothing stays behind, no embedding either. */
function spreadBytes(total: number, bytes: readonly number[], plan: PlacementPlan): number[] {
  const shares = bytes.map((share, backend) => (plan.fullOffload && backend === plan.cpu ? 0 : share));
  const sum = shares.reduce((all, share) => all + share, 0);
  let left = total;
  const spread = shares.map((share) => {
    const part = sum === 0 ? 0 : Math.floor((share / sum) * total);
    left -= part;
    return part;
  });
  const last = spread.findLastIndex((part) => part > 0);
  spread[Math.max(0, last)] = (spread[Math.max(0, last)] ?? 0) + left;
  return spread;
}

/** Cache and compute: what the context takes. Types matter here only for weights that stay on the CPU. */
export function accountContext(model: WeightedModel, request: MemoryRequest): AccountedMemory {
  const { layers, places, index, blockKinds } = prepare(model);
  const placement = place(model, request).plan;
  const shape = shapeOf(model, request);
  const cacheTypes = { k: request.cacheTypeK, v: request.cacheTypeV };
  const compute = computeBuffers({
    architecture: model.architecture,
    hp: model.hp,
    layers,
    index,
    places,
    types: model.types,
    blockKinds,
    placement,
    shape,
    cacheTypes,
    flashAttention: checkCacheTypes(model.hp, layers, cacheTypes, wantedFlashAttention(model, request)),
    kvOffload: request.kvOffload,
    everyBlock: request.everyBlock ?? false,
    watch: request.watch,
  });
  const caches = accountCaches(model, request);
  const backends = compute.bytes.map((computeBytes, i) => ({
    weightsBytes: 0,
    cacheBytes: caches[i] ?? 0,
    computeBytes,
  }));
  return {
    devices: backends.slice(0, placement.cpu),
    host: backends[placement.cpu] as BackendMemory,
    flashAttention: compute.flashAttention,
  };
}

/** Cache bytes per backend, the host's last. */
export function accountCaches(model: WeightedModel, request: MemoryRequest): number[] {
  if (model.architecture.embedding) return [];
  const types = { k: request.cacheTypeK, v: request.cacheTypeV };
  const { layers } = prepare(model);
  return placeCaches(
    layers,
    place(model, request).plan,
    shapeOf(model, request),
    types,
    request.kvOffload,
    wantedFlashAttention(model, request),
  );
}

function wantedFlashAttention(model: WeightedModel, request: MemoryRequest): FlashAttention {
  return model.architecture.withoutFlashAttention ? "off" : request.flashAttention;
}

/** Weights and context together. */
export function addWeights(weights: readonly number[], context: AccountedMemory): AccountedMemory {
  return {
    devices: context.devices.map((memory, i) => ({ ...memory, weightsBytes: weights[i] ?? 0 })),
    host: { ...context.host, weightsBytes: weights.at(-1) ?? 0 },
    flashAttention: context.flashAttention,
  };
}

export function shapeOf(model: WeightedModel, request: MemoryRequest): ContextShape {
  const { architecture, hp } = model;
  const shape = contextShape(request, {
    window: architecture.slidingWindow?.(hp) ?? hp.number("attention.sliding_window", 0),
    causal: architecture.embedding !== true,
  });
  if (shape.cells === 0) {
    throw new FitcheckError("BAD_VALUE", "there are more sequences than tokens of context");
  }
  return shape;
}

/** Cache bytes per backend, the CPU last. */
function placeCaches(
  layers: readonly Layer[],
  placement: PlacementPlan,
  shape: ContextShape,
  types: CacheTypes,
  kvOffload: boolean,
  flashAttention: FlashAttention,
): number[] {
  const bytes = new Array<number>(placement.cpu + 1).fill(0);
  // `auto` counts as on, whatever it comes to
  const widest = flashAttention === "off" ? widestValueWidth(layers) : undefined;
  layerCacheBytes(layers, shape, types, widest).forEach(({ onGpu, onHost }, il) => {
    const backend = kvOffload ? (placement.blockBackends[il] as number) : placement.cpu;
    bytes[backend] = (bytes[backend] ?? 0) + (backend === placement.cpu ? onHost : onGpu);
  });
  return bytes;
}
