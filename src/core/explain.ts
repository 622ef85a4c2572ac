import {
  type Cache,
  type ContextShape,
  cacheTensorBytes,
  cacheTensors,
  type Layer,
  widestValueWidth,
} from "./cache.js";
import { checkCacheTypes } from "./cache-rules.js";
import { type EstimateDevice, withOverhead } from "./estimate.js";
import type { GgmlType } from "./ggml.js";
import type { PeakWatch } from "./graph/allocator.js";
import { cudaBuffer } from "./graph/cuda.js";
import type { Tensor } from "./graph/tensor.js";
import { accountMemory, shapeOf, type WeightedModel } from "./memory.js";
import { classifyTensor } from "./placement.js";
import type { MemoryEstimate } from "./report.js";
import type { Settings } from "./settings.js";
import { tensorTable } from "./tensor-table.js";

/** Tensors of one type on one side. */
export interface WeightGroup {
  readonly side: "gpu" | "host";
  readonly type: GgmlType;
  readonly count: number;
  readonly bytes: number;
}

/** Equal caches of several blocks: each takes `bytes`. */
export interface CacheGroup {
  readonly kind: Cache["kind"];
  readonly sliding: boolean;
  readonly blocks: number;
  /** Tensors as `[width, cells, streams]`. */
  readonly tensors: readonly { readonly type: GgmlType; readonly shape: readonly number[] }[];
  readonly bytes: number;
}

/** A value alive when the compute buffer is largest. */
export interface PeakTensor {
  /** The operation that made it, or `input`. */
  readonly op: string;
  /** The weight it was made with, where that says what it is. */
  readonly weight?: string;
  readonly shape: readonly number[];
  readonly type: GgmlType;
  readonly bytes: number;
}

/** How the memory of one quantization at one context comes about, everything on one GPU. */
export interface Explanation {
  readonly shape: ContextShape;
  readonly flashAttention: boolean;
  readonly window: number;
  readonly weights: readonly WeightGroup[];
  readonly caches: readonly CacheGroup[];
  /** Blocks that keep nothing of their own. */
  readonly cachelessBlocks: number;
  readonly peak: readonly PeakTensor[];
  readonly memory: MemoryEstimate;
}

/** Everything on one GPU, term by term. */
export function explainMemory(model: WeightedModel, settings: Settings, device: EstimateDevice): Explanation {
  const request = { ...settings, gpuLayers: "all", cpuMoeLayers: 0, devices: [{ totalBytes: 1 }] } as const;
  const watch: PeakWatch = { alive: new Set(), atPeak: [] };
  const accounted = accountMemory(model, { ...request, watch });
  const layers = model.architecture.layers(model.hp);
  const types = { k: settings.cacheTypeK, v: settings.cacheTypeV };
  checkCacheTypes(model.hp, layers, types, settings.flashAttention);
  const shape = shapeOf(model, request);
  const widest = accounted.flashAttention ? undefined : widestValueWidth(layers);
  return {
    shape,
    flashAttention: accounted.flashAttention,
    window: model.architecture.slidingWindow?.(model.hp) ?? model.hp.number("attention.sliding_window", 0),
    weights: groupWeights(model, layers.length),
    caches: model.architecture.embedding
      ? []
      : groupCaches(layers, (cache, sliding) => cacheTensors(cache, sliding, shape, types, widest)),
    cachelessBlocks: layers.filter((layer) => layer.caches.length === 0).length,
    peak: (watch.atPeak[0] ?? []).map((t) => describe(t)).sort((a, b) => b.bytes - a.bytes),
    memory: withOverhead(accounted, [device]),
  };
}

function groupWeights(model: WeightedModel, runningBlocks: number): WeightGroup[] {
  const table = tensorTable(model.tensors);
  const groups = new Map<string, { -readonly [K in keyof WeightGroup]: WeightGroup[K] }>();
  const add = (side: WeightGroup["side"], index: number) => {
    const type = model.types[index] as GgmlType;
    const key = `${side} ${type}`;
    const group = groups.get(key) ?? { side, type, count: 0, bytes: 0 };
    const { onGpu, onHost } = table.bytes(index, type);
    group.count++;
    group.bytes += side === "gpu" ? onGpu : onHost;
    groups.set(key, group);
  };
  const hasOutput = model.tensors.some((tensor) => tensor.name === "output.weight");
  model.tensors.forEach((tensor, index) => {
    const { role, block } = classifyTensor(tensor);
    if (block >= runningBlocks) return;
    add(role === "input" ? "host" : "gpu", index);
    if (tensor.name === "token_embd.weight" && !hasOutput) add("gpu", index);
  });
  return [...groups.values()].sort((a, b) => a.side.localeCompare(b.side) || b.bytes - a.bytes);
}

function groupCaches(
  layers: readonly Layer[],
  tensorsOf: (cache: Cache, sliding: boolean) => ReturnType<typeof cacheTensors>,
): CacheGroup[] {
  const groups = new Map<string, { -readonly [K in keyof CacheGroup]: CacheGroup[K] }>();
  for (const layer of layers) {
    for (const cache of layer.caches) {
      const sliding = layer.sliding ?? false;
      const key = JSON.stringify([cache, sliding]);
      const known = groups.get(key);
      if (known) {
        known.blocks++;
        continue;
      }
      const tensors = tensorsOf(cache, sliding);
      const bytes = tensors.reduce((sum, tensor) => sum + cacheTensorBytes(tensor, true), 0);
      groups.set(key, { kind: cache.kind, sliding, blocks: 1, tensors, bytes });
    }
  }
  return [...groups.values()];
}

function describe(t: Tensor): PeakTensor {
  const weight = t.src.find((source) => source.buffer?.weights)?.label;
  return {
    op: t.op === "none" ? "input" : t.op,
    ...(weight ? { weight } : {}),
    shape: t.ne.slice(0, Math.max(1, t.ne.findLastIndex((n) => n > 1) + 1)),
    type: t.type,
    bytes: cudaBuffer.allocationBytes(t),
  };
}
