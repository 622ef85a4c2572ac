import { type CacheType, rowBytes } from "./ggml.js";
import type { Hardware } from "./hardware.js";
import type { Note } from "./note.js";
import type { Placement } from "./report.js";
import type { Settings } from "./settings.js";
import type { WeighedQuant } from "./weigh.js";

/** A GPU, or several of it, that could be bought. */
export interface GpuChoice {
  /** What `--gpu` calls it. */
  readonly id: string;
  readonly name: string;
  /** Memory of all its cards together, in bytes. */
  readonly usableBytes: number;
  readonly count: 1 | 2;
  readonly hardware: () => Hardware;
}

/** One thing to change, and how much of it. */
export interface Step {
  readonly note: Note;
  /** Options of the command line to set, and those to drop. */
  readonly options: Readonly<Record<string, string>>;
  readonly drop?: readonly string[];
  readonly settings?: Partial<Settings>;
  readonly quant?: WeighedQuant;
  readonly gpu?: GpuChoice;
}

/** Physical batches worth trying; below 32 tokens weights are no longer computed on the GPU. */
const UBATCHES = [256, 128, 64];
const CACHE_TYPES: readonly CacheType[] = ["q8_0", "q4_0"];

/** Smaller physical batches, the largest first. */
export function ubatchSteps(settings: Settings): Step[] {
  const now = Math.min(settings.ubatch, settings.contextLength);
  return UBATCHES.filter((ubatch) => ubatch < now).map((ubatch) => ({
    note: { code: "SMALLER_UBATCH", args: { ubatch } },
    options: { "ubatch-size": String(ubatch) },
    settings: { ubatch },
  }));
}

/** Caches of fewer bits, the best first. */
export function cacheSteps({ cacheTypeK, cacheTypeV }: Settings): Step[] {
  const bytes = (type: CacheType) => rowBytes(type, 32);
  const now = Math.min(bytes(cacheTypeK), bytes(cacheTypeV));
  return CACHE_TYPES.filter((type) => bytes(type) < now).map((type) => ({
    note: { code: "SMALLER_CACHE", args: { type } },
    options: { "cache-type-k": type, "cache-type-v": type },
    settings: { cacheTypeK: type, cacheTypeV: type },
  }));
}

/** Fewer sequences, each with as much context as before; the most first. */
export function sequenceSteps({ parallel, contextLength, kvUnified }: Settings): Step[] {
  return Array.from({ length: parallel - 1 }, (_, i) => parallel - 1 - i).map((fewer) => {
    const tokens = kvUnified ? contextLength : Math.floor((contextLength / parallel) * fewer);
    return {
      note: { code: "FEWER_SEQUENCES", args: { parallel: fewer, contextLength: tokens } },
      options: { parallel: String(fewer), ...(kvUnified ? {} : { ctx: String(tokens) }) },
      settings: { parallel: fewer, contextLength: tokens },
    };
  });
}

export function quantStep(quant: WeighedQuant): Step {
  return {
    note: { code: "SMALLER_QUANT", args: { quant: quant.quant, fileBytes: quant.fileBytes } },
    options: { quant: quant.quant },
    quant,
  };
}

/** @param contextLength tokens over all sequences */
export function contextStep(contextLength: number): Step {
  return {
    note: { code: "SHORTER_CONTEXT", args: { contextLength } },
    options: { ctx: String(contextLength) },
    settings: { contextLength },
  };
}

/** Other cards instead of what there is. */
export function gpuStep(gpu: GpuChoice): Step {
  return {
    note: { code: "OTHER_GPU", args: { gpu: gpu.name, count: gpu.count, usableBytes: gpu.usableBytes } },
    options: { gpu: gpu.count > 1 ? `${gpu.count}x ${gpu.id}` : gpu.id },
    drop: ["vram", "tensor-split"],
    gpu,
  };
}

/** The placement stated instead of left to llama.cpp. */
export function placementStep(placement: Placement): Step {
  const { gpuLayers, layers, cpuMoeLayers, kvOffload, tensorSplit, overrideTensors } = placement;
  const everything = gpuLayers >= layers;
  return {
    note: {
      code: "PART_IN_RAM",
      args: {
        gpuLayers,
        layers,
        cpuMoeLayers,
        cache: kvOffload ? "gpu" : "ram",
        parts: overrideTensors?.length ?? 0,
      },
    },
    options: {
      "gpu-layers": everything ? "all" : String(gpuLayers),
      ...(cpuMoeLayers > 0 ? { "n-cpu-moe": String(cpuMoeLayers) } : {}),
      ...(kvOffload ? {} : { "no-kv-offload": "" }),
      ...(tensorSplit ? { "tensor-split": tensorSplit.join(",") } : {}),
      ...(overrideTensors ? { "override-tensor": overrideTensors.join(",") } : {}),
    },
    ...(cpuMoeLayers > 0 ? {} : { drop: ["n-cpu-moe"] }),
    settings: {
      gpuLayers: everything ? "all" : gpuLayers,
      ...(cpuMoeLayers > 0 ? { cpuMoeLayers } : {}),
      kvOffload,
      ...(tensorSplit ? { tensorSplit } : {}),
      ...(overrideTensors ? { overrideTensors } : {}),
    },
  };
}
