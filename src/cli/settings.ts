import { FitcheckError } from "../core/errors.js";
import { CACHE_TYPES, type CacheType } from "../core/ggml.js";
import type { ReasoningKind } from "../core/reasoning.js";
import { DEFAULT_SETTINGS, type FlashAttention, type Settings } from "../core/settings.js";
import { parseBytes, parseInteger, parseTokens } from "../core/units.js";
import { RUNTIME_IDS } from "../runtimes/registry.js";
import type { LoadedExtra } from "../sources/extras.js";
import type { RawFlags } from "./options.js";

/** `LLAMA_MAX_SEQ`. */
const MAX_SEQUENCES = 256;
const MAX_BATCH = 1 << 20;
const MAX_LAYERS = 10_000;

/** What was asked for, except where the answer depends on the model. */
export interface Request {
  /** What runs beside the model, once it is loaded; absent: nothing. */
  readonly extras?: readonly LoadedExtra[];
  /** Absent: the default. */
  readonly contexts?: readonly (number | "max")[];
  /** Absent: all the model has. */
  readonly quants?: readonly string[];
  readonly require: "full" | "partial";
  /** Absent: as the model is. */
  readonly reasoning?: ReasoningKind;
  readonly settings: Omit<Settings, "contextLength">;
  /** The settings that the user did not give; the context is added once the model is known. */
  readonly assumed: readonly string[];
}

/**
 * Reads every option that is not about hardware or output.
 * @throws FitcheckError BAD_VALUE naming the option
 */
export function readRequest(flags: RawFlags): Request {
  const given: Partial<Given<Settings>> = {
    parallel: read(flags.parallel, (text) => parseInteger(text, "--parallel", 1, MAX_SEQUENCES)),
    kvUnified: flags.kvUnified,
    batch: read(flags.batchSize, (text) => parseInteger(text, "--batch-size", 1, MAX_BATCH)),
    ubatch: read(flags.ubatchSize, (text) => parseInteger(text, "--ubatch-size", 1, MAX_BATCH)),
    cacheTypeK: read(flags.cacheTypeK ?? flags.kv, readCacheType),
    cacheTypeV: read(flags.cacheTypeV ?? flags.kv, readCacheType),
    flashAttention: read(flags.flashAttn, readFlashAttention),
    swaFull: flags.swaFull,
    allLogits: flags.allLogits,
    // commander sets it to true where nothing was said.
    kvOffload: flags.kvOffload === false ? false : undefined,
    runtime: read(flags.runtime, (text) => oneOf(text.toLowerCase(), RUNTIME_IDS, "--runtime")),
    marginBytes: read(flags.margin, (text) => parseBytes(text, "--margin")),
    gpuLayers: read(flags.gpuLayers, readGpuLayers),
    cpuMoeLayers: read(flags.nCpuMoe, (text) => parseInteger(text, "--n-cpu-moe", 0, MAX_LAYERS)),
    tensorSplit: read(flags.tensorSplit, readTensorSplit),
    overrideTensors: read(flags.overrideTensor, (text) => readList(text, "--override-tensor")),
  };
  return {
    ...(flags.ctx === undefined ? {} : { contexts: readContexts(flags.ctx) }),
    ...(flags.quant === undefined ? {} : { quants: readList(flags.quant, "--quant") }),
    ...(flags.reasoning === undefined
      ? {}
      : { reasoning: oneOf(flags.reasoning, ["chat", "code", "hard"] as const, "--reasoning") }),
    require: flags.require === undefined ? "full" : oneOf(flags.require, ["full", "partial"] as const, "--require"),
    settings: { ...DEFAULT_SETTINGS, ...(withoutUndefined(given) as Partial<Settings>) },
    assumed: Object.keys(DEFAULT_SETTINGS).filter((name) => given[name as keyof Settings] === undefined),
  };
}

/** Settings as far as they were given. */
type Given<T> = { readonly [Name in keyof T]: T[Name] | undefined };

function read<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function withoutUndefined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
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
