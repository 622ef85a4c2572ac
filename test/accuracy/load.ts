import { readdirSync, readFileSync } from "node:fs";
import { type GgufHeader, parseGgufHeader } from "../../src/sources/gguf/header.js";

const ROOT = new URL("../fixtures/groundtruth/", import.meta.url);

/** Tensor bytes of one quantization of one model. */
export interface FileRow {
  readonly kind: "file";
  readonly model: string;
  readonly arch: string;
  readonly quant: string;
  readonly tensor_bytes: number;
  readonly parameters: number;
  readonly tensors: number;
  readonly bytes_by_type: Readonly<Record<string, number>>;
}

interface MeasuredDevice {
  readonly model: number;
  readonly context: number;
  readonly compute: number;
}

/** What llama.cpp accounts for on every device under one set of settings. */
export interface MemoryRow {
  readonly kind: "memory";
  readonly model: string;
  readonly arch: string;
  readonly quant: string;
  readonly n_ctx_requested: number;
  readonly n_ctx: number;
  readonly n_ctx_per_sequence: number;
  readonly n_batch: number;
  readonly n_ubatch: number;
  readonly n_seq_max: number;
  readonly kv_unified: boolean;
  readonly type_k: string;
  readonly type_v: string;
  readonly flash_attn: "auto" | "on" | "off";
  readonly swa_full: boolean;
  readonly n_outputs_max: number;
  readonly offload_kqv: boolean;
  readonly n_gpu_layers: number;
  readonly n_cpu_moe: number;
  readonly gpu_total_mib: readonly number[];
  readonly gpu: readonly MeasuredDevice[];
  readonly host: MeasuredDevice;
}

/** Settings llama.cpp refuses, e.g. a quantized V cache without flash attention. */
export interface RejectedRow {
  readonly kind: "memory";
  readonly model: string;
  readonly quant: string;
  /** e.g. `ctx=32768 ctk=q8_0 fa=off` */
  readonly settings: string;
  readonly rejected_by_llama_cpp: true;
}

/** What llama.cpp's own `--fit` chooses on given GPUs. */
export interface FitRow {
  readonly kind: "fit";
  readonly model: string;
  readonly gpu_total_mib: readonly number[];
  readonly margin_mib: number;
  readonly n_ctx_requested: number;
  readonly success: boolean;
  readonly n_ctx: number;
  readonly everything_on_gpu: boolean;
  readonly n_gpu_layers: number;
  readonly tensor_split: readonly number[];
  readonly overridden_layers: number;
  readonly override_patterns: string;
  readonly gpu: readonly MeasuredDevice[];
}

/** The models of the ground truth, e.g. `meta-llama__Llama-3.1-8B-Instruct`. */
export function measuredModels(): string[] {
  return readdirSync(new URL("memory/", ROOT))
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => file.slice(0, -".jsonl".length))
    .sort();
}

/** The path of a model's header-only GGUF. */
export function headerPath(model: string): URL {
  const file = readdirSync(new URL("headers/", ROOT)).find(
    (name) => name.startsWith(`${model}-`) && isHeaderOf(name, model),
  );
  if (!file) throw new Error(`no header for ${model}`);
  return new URL(`headers/${file}`, ROOT);
}

/** The rest of the name is a quantization: `Qwen3-8B` must not find the header of `Qwen3-8B-Base`. */
function isHeaderOf(file: string, model: string): boolean {
  return /^[A-Z0-9_]+\.gguf$/.test(file.slice(model.length + 1));
}

export function readHeader(model: string): GgufHeader {
  const path = headerPath(model);
  return parseGgufHeader(readFileSync(path), path.pathname);
}

export function fileRows(model: string): FileRow[] {
  return memoryLines(model).filter((row): row is FileRow => row.kind === "file");
}

export function memoryRows(model: string): MemoryRow[] {
  return memoryLines(model).filter(
    (row): row is MemoryRow => row.kind === "memory" && !("rejected_by_llama_cpp" in row),
  );
}

export function rejectedRows(model: string): RejectedRow[] {
  return memoryLines(model).filter((row): row is RejectedRow => "rejected_by_llama_cpp" in row);
}

export function fitRows(model: string): FitRow[] {
  return readLines<FitRow>(`fit/${model}.jsonl`);
}

function memoryLines(model: string): (FileRow | MemoryRow | RejectedRow)[] {
  return readLines(`memory/${model}.jsonl`);
}

function readLines<T>(path: string): T[] {
  return readFileSync(new URL(path, ROOT), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
