import { readFileSync } from "node:fs";
import type { Model } from "../../src/core/model.js";
import { DEFAULT_SETTINGS, type Settings } from "../../src/core/settings.js";
import { loadModel } from "../../src/sources/load-model.js";
import { type Cell, cellsOf } from "./cells.js";
import type { MemoryRow } from "./load.js";

const ROWS = new URL("../fixtures/measured/rows.jsonl", import.meta.url);
const ONE_GPU = [24564];

interface Bytes {
  readonly weights: number;
  readonly cache: number;
  readonly compute: number;
}

/** One measurement of a catalog model: the settings that are not llama.cpp's own, and the bytes of every device. */
export interface MeasuredRow extends Partial<Settings> {
  readonly model: string;
  readonly quant: string;
  readonly contextLength: number;
  readonly gpusMib?: readonly number[];
  readonly gpu: readonly Bytes[];
  readonly host: Bytes;
}

/** Settings llama.cpp does not take for a model. */
export interface RefusedRow extends Omit<MeasuredRow, "gpu" | "host"> {
  readonly refused: true;
}

/**
 * Where the measuring build, b10256, does otherwise than v0.5.0, which the ground truth stands for. v0.5.0 leaves the
 * whole of a block for next-token prediction out (measured there for glm4moe, qwen35 and qwen35moe).
 */
const OTHER_VERSION: readonly {
  readonly models: readonly string[];
  readonly term: Cell["term"];
  readonly why: string;
}[] = [
  {
    models: ["deepseek-v3.2", "glm-5", "glm-5.2"],
    term: "weights",
    why: "b10256 loads the router's bias of the block for next-token prediction, 1024 bytes",
  },
  {
    models: ["glm-4.7-flash"],
    term: "cache",
    why: "b10256 keeps a cache for the block for next-token prediction",
  },
];

function lines(): (MeasuredRow | RefusedRow)[] {
  return readFileSync(ROWS, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

export function measuredRows(): MeasuredRow[] {
  return lines().filter((row): row is MeasuredRow => !("refused" in row));
}

export function refusedRows(): RefusedRow[] {
  return lines().filter((row): row is RefusedRow => "refused" in row);
}

const models = new Map<string, Promise<Model>>();

/** The catalog's model, in the quantization that was measured. */
export function modelOf(row: MeasuredRow | RefusedRow): Promise<Model> {
  let model = models.get(row.model);
  if (!model) {
    model = loadModel(row.model).then((whole) => ({ ...whole, quants: [{ quant: row.quant }] }));
    models.set(row.model, model);
  }
  return model;
}

/** The row as the ground truth would have it. */
function memoryRow(row: MeasuredRow, model: Model): MemoryRow {
  const settings = { ...DEFAULT_SETTINGS, ...row };
  const device = ({ weights, cache, compute }: Bytes) => ({ model: weights, context: cache, compute });
  return {
    kind: "memory",
    model: row.model,
    arch: model.architecture.id,
    quant: row.quant,
    n_ctx_requested: row.contextLength,
    n_ctx: row.contextLength,
    n_ctx_per_sequence: row.contextLength,
    n_batch: settings.batch,
    n_ubatch: settings.ubatch,
    n_seq_max: settings.parallel,
    kv_unified: settings.kvUnified,
    type_k: settings.cacheTypeK,
    type_v: settings.cacheTypeV,
    flash_attn: settings.flashAttention,
    swa_full: settings.swaFull,
    n_outputs_max: settings.allLogits ? settings.batch : settings.parallel,
    offload_kqv: settings.kvOffload,
    n_gpu_layers: typeof row.gpuLayers === "number" ? row.gpuLayers : 999,
    n_cpu_moe: row.cpuMoeLayers ?? 0,
    gpu_total_mib: row.gpusMib ?? ONE_GPU,
    gpu: row.gpu.map(device),
    host: device(row.host),
  };
}

let cells: Promise<Cell[]> | undefined;

/** Every measured cell beside ours, those included where the measuring build is another. */
export function measuredCells(): Promise<Cell[]> {
  cells ??= Promise.all(
    measuredRows().map(async (row) => {
      const model = await modelOf(row);
      return cellsOf(model, memoryRow(row, model));
    }),
  ).then((list) => list.flat());
  return cells;
}

/** Why the measuring build has another figure than v0.5.0 in this cell, undefined where it has not. */
export function otherVersion(cell: Cell): string | undefined {
  const known = OTHER_VERSION.find(({ models }) => models.includes(cell.model));
  return cell.term === known?.term || cell.term === "total" ? known?.why : undefined;
}

/** The measured cells that hold for v0.5.0 too. */
export async function comparedCells(): Promise<Cell[]> {
  return (await measuredCells()).filter((cell) => otherVersion(cell) === undefined);
}
