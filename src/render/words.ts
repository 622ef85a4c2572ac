import type { FitReport, MemoryEstimate, Placement, QuantReport, Verdict } from "../core/report.js";
import { grouped } from "./format.js";

/** Verdicts, short enough for a column. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  full: "fits",
  tight: "tight",
  partial: "partly",
  cpu: "CPU only",
  none: "no",
};

/** Runtimes by id, as their makers write them. */
export const RUNTIME_NAMES: Readonly<Record<string, string>> = {
  "llama.cpp": "llama.cpp",
  "llama-cli": "llama.cpp in the terminal",
  ollama: "Ollama",
  lmstudio: "LM Studio",
  vllm: "vLLM",
  mlx: "MLX",
};

/** The runtimes most people have. */
const USUAL_RUNTIMES: readonly string[] = ["llama.cpp", "ollama"];

/** The command lines worth showing to people: of the usual runtimes, or of the one that was asked for. */
export function shownCommands({ commands = {}, settings }: FitReport): (readonly [runtime: string, command: string])[] {
  const all = Object.entries(commands);
  const asked = all.filter(([runtime]) => runtime === settings.runtime);
  if (settings.runtime !== "llama.cpp" && asked.length > 0) return asked;
  const usual = all.filter(([runtime]) => USUAL_RUNTIMES.includes(runtime));
  return usual.length > 0 ? usual : all;
}

/** How the best plan places a quantization, in words. */
export function planWords(quant: QuantReport): string {
  const plan = quant.placement;
  if (plan === undefined) return "";
  if (quant.verdict === "cpu" || plan.gpuLayers === 0) return "all in RAM";
  if (quant.verdict === "full" || quant.verdict === "tight") return wholeWords(plan);
  const parts: string[] = [];
  if (plan.gpuLayers < plan.layers) parts.push(`${plan.gpuLayers} of ${plan.layers} layers on GPU`);
  if (plan.cpuMoeLayers > 0) parts.push(`experts of ${plan.cpuMoeLayers} layers in RAM`);
  if (plan.overrideTensors !== undefined) {
    const what = plan.overrideTensors.every((override) => EXPERTS.test(override)) ? "some experts" : "some weights";
    parts.push(plan.cpuMoeLayers > 0 ? `${what} of the next` : `${what} in RAM`);
  }
  if (!plan.kvOffload) parts.push("cache in RAM");
  return parts.length > 0 ? parts.join(", ") : wholeWords(plan);
}

/** Patterns of `-ot` that name experts (`LLM_FFN_EXPS_REGEX`). */
const EXPERTS = /exps/;

function wholeWords(plan: Placement): string {
  const split = (plan.tensorSplit?.length ?? 0) > 1 ? `, split ${plan.tensorSplit?.join(",")}` : "";
  return plan.kvOffload ? `all on GPU${split}` : "cache in RAM";
}

/** Why a quantization is the pick. */
const REASONS: Readonly<Record<string, string>> = {
  LARGEST_COMFORTABLE: "the best quality that fits with memory to spare",
  LARGEST_FITTING: "the best quality that fits",
  LARGEST_TIGHT: "nothing fits with the margin free; this one just does",
  LARGEST_PARTIAL: "nothing fits whole; this one runs best with a part on the CPU",
  LARGEST_CPU: "nothing goes on a GPU here; this one runs from RAM",
};

export function reasonWords(reason: string): string {
  return REASONS[reason] ?? reason.toLowerCase().replaceAll("_", " ");
}

/** The parts of an estimate, summed over its devices; where there are none, what it takes of the RAM. */
export function totals(memory: MemoryEstimate): {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly overheadBytes: number;
  readonly extraBytes: number;
  readonly totalBytes: number;
} {
  if (memory.devices.length === 0) return { extraBytes: 0, ...memory.host, overheadBytes: 0 };
  const sum = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, overheadBytes: 0, extraBytes: 0, totalBytes: 0 };
  for (const device of memory.devices) {
    sum.weightsBytes += device.weightsBytes;
    sum.cacheBytes += device.cacheBytes;
    sum.computeBytes += device.computeBytes;
    sum.overheadBytes += device.overheadBytes;
    sum.extraBytes += device.extraBytes ?? 0;
    sum.totalBytes += device.totalBytes;
  }
  return sum;
}

/** The largest context that fits whole, `-` when none does. */
export function maxContextWords(quant: QuantReport): string {
  return quant.maxContextLength === 0 ? "-" : grouped(quant.maxContextLength);
}

/** True when the report has a row per context, not only per quantization. */
export function hasContextRows(report: FitReport): boolean {
  return report.quants.some((quant) => quant.contextLength !== undefined);
}
