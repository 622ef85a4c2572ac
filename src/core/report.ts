import type { ErrorCode } from "./errors.js";
import type { Hardware } from "./hardware.js";
import type { Note } from "./note.js";
import type { Quality } from "./quality.js";
import type { ReasoningAdvice } from "./reasoning.js";
import type { Settings } from "./settings.js";

/** Bytes on one device, in the words of llama.cpp's memory breakdown: model, context, compute. */
export interface DeviceMemory {
  readonly id: string;
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  /** What driver and runtime take outside that accounting; an estimate from real runs. */
  readonly overheadBytes: number;
  /** What runs beside the model takes here; absent where nothing does. */
  readonly extraBytes?: number;
  readonly totalBytes: number;
}

export interface HostMemory {
  /** What runs beside the model takes here; absent where nothing does. */
  readonly extraBytes?: number;
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly totalBytes: number;
}

export interface MemoryEstimate {
  readonly devices: readonly DeviceMemory[];
  readonly host: HostMemory;
}

/** full: total + margin <= usable; tight: total <= usable; partial: some of it on the CPU; cpu: all of it; none: not at all. */
export type Verdict = "full" | "tight" | "partial" | "cpu" | "none";

/** A: full with at least 15 % of the usable memory left; B: full; C: tight; D: partial or cpu; F: none. */
export type Grade = "A" | "B" | "C" | "D" | "F";

export interface Placement {
  /** Layers on the GPUs, output layer included (`-ngl`). */
  readonly gpuLayers: number;
  /** All layers, output layer included: `gpuLayers === layers` is everything. */
  readonly layers: number;
  /** Layers whose experts stay on the CPU (`--n-cpu-moe`). */
  readonly cpuMoeLayers: number;
  readonly kvOffload: boolean;
  readonly tensorSplit?: readonly number[];
  /** Weights of one further layer kept on the CPU (`--override-tensor`). */
  readonly overrideTensors?: readonly string[];
  readonly memory: MemoryEstimate;
}

export interface SpeedEstimate {
  readonly decodeTokensPerSecond: { readonly low: number; readonly expected: number; readonly high: number };
}

/** Where a file size comes from: read from the file, published by the uploader, or computed from the tensors. */
export type FileSource = "file" | "published" | "computed";

export interface QuantReport {
  readonly quant: string;
  /** Set when several contexts were asked for. */
  readonly contextLength?: number;
  /** Tensor bits over parameters: the real figure, not the one in the name. */
  readonly bitsPerWeight: number;
  readonly fileBytes: number;
  readonly fileSource: FileSource;
  /** Present where the weights are no GGUF: other runtimes than llama.cpp load them. */
  readonly format?: "safetensors";
  /** Everything on the GPU(s). */
  readonly required: MemoryEstimate;
  readonly verdict: Verdict;
  readonly grade: Grade;
  /** The best plan that fits; absent when none does. */
  readonly placement?: Placement;
  /** Largest context that still fits fully on the GPU(s), at most the trained length; 0 when none does. */
  readonly maxContextLength: number;
  readonly speed?: SpeedEstimate;
  readonly quality?: Quality;
  /** What would make it fit, the cheapest first; only for quantizations asked for by name that do not fit. */
  readonly changes?: readonly Change[];
  readonly notes: readonly Note[];
}

/** Something the user can do so that a quantization fits. */
export interface Change {
  /** One or two steps: stable codes with their figures. */
  readonly steps: readonly Note[];
  /** Options of the command line to set, by name without dashes; a switch has an empty value. */
  readonly options: Readonly<Record<string, string>>;
  /** Options to leave out. */
  readonly drop?: readonly string[];
  /** What the same command line then says, and the memory its plan takes. */
  readonly verdict: Verdict;
  readonly memory: MemoryEstimate;
  /** GPU memory less than everything would take as asked; negative where another GPU takes more. */
  readonly savedBytes: number;
  readonly speed?: SpeedEstimate;
  /** What it costs the user, in points: the list is in this order. */
  readonly cost: number;
}

/** Something that runs beside the model and is counted in every estimate: a projector for images, a draft model. */
export interface ReportExtra {
  readonly kind: "projector" | "draft";
  readonly name: string;
  /** Of a draft. */
  readonly quant?: string;
  readonly fileBytes: number;
  /** At the longest of the contexts asked for. */
  readonly memory: MemoryEstimate;
}

export interface ReportModel {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly layers: number;
  readonly contextLength: number;
  readonly license?: string;
}

export interface Recommendation {
  readonly quant: string;
  /** A stable code; `render/` has the words. */
  readonly reason: string;
}

/** Why there is no full answer: an error as data, as the command line prints it. */
export interface FitReportError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly suggestions: readonly string[];
}

/** The answer, as data: every output format renders this and nothing else. */
export interface FitReport {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string; readonly dataDate: string };
  readonly model: ReportModel;
  readonly settings: Settings;
  /** Names of the settings the user did not give. */
  readonly assumed: readonly string[];
  readonly hardware: Omit<Hardware, "notes">;
  readonly quants: readonly QuantReport[];
  readonly recommended?: Recommendation;
  /** What a thinking answer takes, where that was asked or the model is known to think. */
  readonly reasoning?: ReasoningAdvice;
  /** What runs beside the model, where something does. */
  readonly extras?: readonly ReportExtra[];
  /** Command lines by runtime id. */
  readonly commands?: Readonly<Record<string, string>>;
  readonly notes: readonly Note[];
  /** The command line found no GPU and judged against the RAM instead. */
  readonly error?: FitReportError;
}
