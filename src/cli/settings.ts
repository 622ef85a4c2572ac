import { FitcheckError } from "../core/errors.js";
import { CACHE_TYPES, type CacheType } from "../core/ggml.js";
import type { Model } from "../core/model.js";
import type { FlashAttention, Settings } from "../core/settings.js";
import { GiB, parseBytes, parseInteger, parseTokens } from "../core/units.js";
import { RUNTIME_IDS } from "../runtimes/registry.js";
import type { RawFlags } from "./options.js";

/** The context when none is asked for, where the model was trained for as much. */
const DEFAULT_CONTEXT = 8192;
/** `LLAMA_MAX_SEQ`. */
const MAX_SEQUENCES = 256;
const MAX_BATCH = 1 << 20;
const MAX_LAYERS = 10_000;

/** What was asked for, except where the answer depends on the model. */
export interface Request {
  /** Absent: the default. */
  readonly contexts?: readonly (number | "max")[];
  /** Absent: all the model has. */
  readonly quants?: readonly string[];
  readonly require: "full" | "partial";
  readonly settings: Omit<Settings, "contextLength">;
  /** The settings that the user did not give; the context is added once the model is known. */
  readonly assumed: readonly string[];
}

/**
 * Reads every option that is not about hardware or output.
 * @throws FitcheckError BAD_VALUE naming the option
 */
export function readRequest(flags: RawFlags): Request {
  const assumed: string[] = [];
  /** The option read, or its default; what was not given is recorded under its name in the report. */
  function setting<T>(name: keyof Settings, text: string | undefined, read: (text: string) => T, fallback: T): T {
    if (text !== undefined) return read(text);
    assumed.push(name);
    return fallback;
  }
  function toggle(name: keyof Settings, given: boolean, value: boolean): boolean {
    if (!given) assumed.push(name);
    return value;
  }
  const batch = (flag: string) => (text: string) => parseInteger(text, flag, 1, MAX_BATCH);
  const gpuLayers = flags.gpuLayers === undefined ? undefined : readGpuLayers(flags.gpuLayers);
  const settings: Omit<Settings, "contextLength"> = {
    parallel: setting("parallel", flags.parallel, (text) => parseInteger(text, "--parallel", 1, MAX_SEQUENCES), 1),
    kvUnified: toggle("kvUnified", flags.kvUnified === true, flags.kvUnified === true),
    batch: setting("batch", flags.batchSize, batch("--batch-size"), 2048),
    ubatch: setting("ubatch", flags.ubatchSize, batch("--ubatch-size"), 512),
    cacheTypeK: setting("cacheTypeK", flags.cacheTypeK ?? flags.kv, readCacheType, "f16"),
    cacheTypeV: setting("cacheTypeV", flags.cacheTypeV ?? flags.kv, readCacheType, "f16"),
    flashAttention: setting("flashAttention", flags.flashAttn, readFlashAttention, "auto"),
    swaFull: toggle("swaFull", flags.swaFull === true, flags.swaFull === true),
    allLogits: toggle("allLogits", flags.allLogits === true, flags.allLogits === true),
    kvOffload: toggle("kvOffload", flags.kvOffload === false, flags.kvOffload !== false),
    runtime: setting(
      "runtime",
      flags.runtime,
      (text) => oneOf(text.toLowerCase(), RUNTIME_IDS, "--runtime"),
      "llama.cpp",
    ),
    marginBytes: setting("marginBytes", flags.margin, (text) => parseBytes(text, "--margin"), GiB),
    ...(gpuLayers === undefined ? {} : { gpuLayers }),
    ...(flags.nCpuMoe === undefined ? {} : { cpuMoeLayers: parseInteger(flags.nCpuMoe, "--n-cpu-moe", 0, MAX_LAYERS) }),
    ...(flags.tensorSplit === undefined ? {} : { tensorSplit: readTensorSplit(flags.tensorSplit) }),
  };
  return {
    ...(flags.ctx === undefined ? {} : { contexts: readContexts(flags.ctx) }),
    ...(flags.quant === undefined ? {} : { quants: readList(flags.quant, "--quant") }),
    require: flags.require === undefined ? "full" : oneOf(flags.require, ["full", "partial"] as const, "--require"),
    settings,
    assumed,
  };
}

/** The context when the user names none: 8192, or all that the model was trained for when that is less. */
export function defaultContext(model: Model): number {
  return Math.min(DEFAULT_CONTEXT, model.contextLength);
}

function readContexts(text: string): (number | "max")[] {
  const contexts = readList(text, "--ctx").map((item) =>
    item.toLowerCase() === "max" ? ("max" as const) : parseTokens(item, "--ctx"),
  );
  return [...new Set(contexts)];
}

function readList(text: string, flag: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw new FitcheckError("BAD_VALUE", `${flag} "${text}" is not a list`, { hint: "Separate the items by commas." });
  }
  return items;
}

/** @throws FitcheckError BAD_VALUE listing what there is */
export function oneOf<T extends string>(text: string, choices: readonly T[], flag: string): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    throw new FitcheckError("BAD_VALUE", `${flag} "${text}" is not one of ${choices.join(", ")}`);
  }
  return choice;
}

function readCacheType(text: string): CacheType {
  return oneOf(text.toLowerCase(), CACHE_TYPES, "cache type");
}

function readFlashAttention(text: string): FlashAttention {
  return oneOf(text.toLowerCase(), ["on", "off", "auto"] as const, "--flash-attn");
}

/** undefined for `auto`: the best plan that fits. */
function readGpuLayers(text: string): number | "all" | undefined {
  const word = text.toLowerCase();
  if (word === "auto") return undefined;
  return word === "all" ? "all" : parseInteger(text, "--gpu-layers", 0, MAX_LAYERS);
}

/** Proportions, separated by commas or, as llama.cpp also allows, by slashes. */
function readTensorSplit(text: string): number[] {
  const shares = text.split(/[,/]/).map((share) => (share.trim() === "" ? Number.NaN : Number(share)));
  if (!shares.every((share) => Number.isFinite(share) && share >= 0) || !shares.some((share) => share > 0)) {
    throw new FitcheckError("BAD_VALUE", `--tensor-split "${text}" is not a list of proportions`, {
      hint: "Write one number per GPU, like 3,1.",
    });
  }
  return shares;
}
