import { architectureById } from "../../src/architectures/registry.js";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import type { CacheType } from "../../src/core/ggml.js";
import type { Model } from "../../src/core/model.js";
import { countParameters } from "../../src/sources/parameters.js";
import { type MemoryRow, measuredModels, memoryRows, readHeader } from "./load.js";

/** One measured figure beside ours, in bytes. */
export interface Cell {
  readonly model: string;
  readonly architecture: string;
  readonly row: MemoryRow;
  /** `host` or the number of the GPU. */
  readonly place: number | "host";
  readonly term: "weights" | "cache" | "compute" | "total";
  readonly measured: number;
  readonly estimated: number;
}

/** A model as the library loads it from its header. */
export function measuredModel(name: string): Model | undefined {
  const header = readHeader(name);
  const architecture = architectureById(header.architecture);
  if (!architecture) return undefined;
  return {
    id: name,
    name,
    source: "gguf",
    architecture,
    hyperparameters: header.metadata,
    tensors: header.tensors,
    parameters: countParameters(header.tensors),
    contextLength: header.metadata.number("context_length", 0),
    quants: [{ quant: "file", tensors: header.tensors }],
  };
}

export function requestOf(row: MemoryRow) {
  return {
    contextLength: row.n_ctx_requested,
    parallel: row.n_seq_max,
    kvUnified: row.kv_unified,
    batch: row.n_batch,
    ubatch: row.n_ubatch,
    cacheTypeK: row.type_k as CacheType,
    cacheTypeV: row.type_v as CacheType,
    flashAttention: row.flash_attn,
    swaFull: row.swa_full,
    allLogits: row.n_outputs_max > row.n_seq_max,
    kvOffload: row.offload_kqv,
    gpuLayers: row.n_gpu_layers >= 999 ? ("all" as const) : row.n_gpu_layers,
    cpuMoeLayers: row.n_cpu_moe,
    devices: row.gpu_total_mib.map((mib) => ({ totalBytes: mib * 2 ** 20 })),
  };
}

/** True when the row has everything on one GPU. */
export function onOneGpu(row: MemoryRow): boolean {
  return row.gpu_total_mib.length === 1 && row.n_gpu_layers >= 999 && row.n_cpu_moe === 0 && row.offload_kqv;
}

/** Every measured cell of the models whose architecture is known. */
export function allCells(): Cell[] {
  return measuredModels().flatMap((name) => {
    const model = measuredModel(name);
    return model ? memoryRows(name).flatMap((row) => cellsOf(model, row)) : [];
  });
}

/** A model under one row's settings, term by term and place by place. */
export function cellsOf(model: Model, row: MemoryRow): Cell[] {
  const estimate = estimateMemory(model, requestOf(row));
  const places = [
    ...row.gpu.map((measured, i) => ({ place: i as Cell["place"], measured, estimated: estimate.devices[i] })),
    { place: "host" as const, measured: row.host, estimated: estimate.host },
  ];
  return places.flatMap(({ place, measured, estimated }) => {
    if (!estimated) return [];
    const { weightsBytes, cacheBytes, computeBytes } = estimated;
    const cell = (term: Cell["term"], is: number, ours: number): Cell => ({
      model: model.id,
      architecture: model.architecture.id,
      row,
      place,
      term,
      measured: is,
      estimated: ours,
    });
    return [
      cell("weights", measured.model, weightsBytes),
      cell("cache", measured.context, cacheBytes),
      cell("compute", measured.compute, computeBytes),
      cell("total", measured.model + measured.context + measured.compute, weightsBytes + cacheBytes + computeBytes),
    ];
  });
}
