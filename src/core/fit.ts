import { checkSettings } from "./check-settings.js";
import { FitcheckError } from "./errors.js";
import type { Hardware } from "./hardware.js";
import { fits, gradeOf } from "./judge.js";
import type { WeightedModel } from "./memory.js";
import type { Model } from "./model.js";
import { hasTag } from "./model-tags.js";
import type { Note } from "./note.js";
import type { Position } from "./plan/candidate.js";
import { Planner } from "./planner.js";
import { type Quality, QualityLookup, type QualityTable } from "./quality.js";
import { qualityNotes } from "./quality-notes.js";
import { recommendQuant } from "./recommend.js";
import type { FitReport, MemoryEstimate, Placement, QuantReport, Verdict } from "./report.js";
import type { Settings } from "./settings.js";
import { decodeSpeed, speedNotes } from "./speed.js";
import { type WeighedQuant, weighQuants } from "./weigh.js";

export interface FitOptions {
  readonly tool: FitReport["tool"];
  /** Quantizations to report, as typed; absent: all the model has. */
  readonly quants?: readonly string[];
  /** Contexts to report each quantization at, instead of the settings' one. */
  readonly contexts?: readonly number[];
  /** Names of the settings the user did not give. */
  readonly assumed?: readonly string[];
  /** What has been measured of quantizations; absent: the rows say nothing about quality. */
  readonly quality?: QualityTable;
}

/**
 * Which quantizations of a model fit this hardware under these settings. Pure.
 * @throws FitcheckError BAD_VALUE for an unknown quantization or settings llama.cpp refuses
 */
export function fit(model: Model, hardware: Hardware, settings: Settings, options: FitOptions): FitReport {
  for (const contextLength of options.contexts ?? [settings.contextLength])
    checkSettings({ ...settings, contextLength });
  refuseSplit(hardware, settings);
  const planner = new Planner(hardware, settings);
  const contexts = options.contexts ?? [settings.contextLength];
  const weighed = weighQuants(model, options.quants);
  const lookup = options.quality && qualityLookup(model, options.quality);
  const quants = weighed.flatMap((quant) =>
    contexts.map((contextLength) => {
      const row = reportQuant(model, hardware, settings, planner, quant, contextLength);
      const quality: Quality | undefined = lookup?.of(row.quant, row.bitsPerWeight);
      return quality ? { ...row, quality } : row;
    }),
  );
  const rows = options.contexts ? quants : quants.map(({ contextLength: _, ...row }) => row);
  const candidates = quants.filter((quant) => quant.contextLength === contexts[0]);
  const loadable = candidates.filter((quant) => quant.format === undefined);
  const recommended = recommendQuant(loadable.length > 0 ? loadable : candidates);
  return {
    schemaVersion: 1,
    tool: options.tool,
    model: describeModel(model),
    settings,
    assumed: options.assumed ?? [],
    hardware: { source: hardware.source, devices: hardware.devices, host: hardware.host },
    quants: rows,
    ...(recommended ? { recommended } : {}),
    notes: [
      ...hardware.notes,
      ...(model.notes ?? []),
      ...settingsNotes(model, settings, contexts),
      ...speedNotes(hardware, rows),
      ...qualityNotes({ parameters: model.parameters, reasoning: hasTag(model, "reasoning") }, quants, settings),
    ],
  };
}

/** llama.cpp leaves out the shares of GPUs that are not there; whoever typed them meant other hardware. */
function refuseSplit({ devices }: Hardware, { tensorSplit = [] }: Settings): void {
  if (devices.length === 0 || tensorSplit.length <= devices.length) return;
  const gpus = devices.length === 1 ? "1 GPU" : `${devices.length} GPUs`;
  throw new FitcheckError("BAD_VALUE", `--tensor-split gives ${tensorSplit.length} shares for ${gpus}`, {
    hint: "Give one share for each GPU, like 3,1.",
  });
}

/** Undefined for models that write no text: perplexity says nothing about them. */
function qualityLookup(model: Model, table: QualityTable): QualityLookup | undefined {
  if (hasTag(model, "embedding") || hasTag(model, "rerank")) return undefined;
  const base = model.card?.["base"];
  return new QualityLookup(table, {
    names: [model.id, model.name, ...(typeof base === "string" ? [base] : [])],
    architecture: model.architecture.id,
    parameters: model.parameters,
  });
}

function reportQuant(
  model: Model,
  hardware: Hardware,
  settings: Settings,
  planner: Planner,
  quant: WeighedQuant,
  contextLength: number,
): QuantReport {
  const all = planner.memory(quant.model, contextLength);
  const { verdict, placement } = judge(hardware, settings, planner, quant.model, contextLength, all);
  // where only another split than llama.cpp's own fits, that is what everything takes
  const required = verdict === "full" && placement ? placement.memory : all;
  const speed = placement && decodeSpeed(quant.model, placement, hardware, settings, contextLength);
  return {
    quant: quant.quant,
    contextLength,
    bitsPerWeight: (quant.tensorBytes * 8) / model.parameters,
    fileBytes: quant.fileBytes,
    fileSource: quant.fileSource,
    ...(quant.model.loadedBytes === undefined ? {} : { format: "safetensors" as const }),
    required,
    verdict,
    grade: gradeOf(verdict, required, hardware),
    ...(placement ? { placement } : {}),
    maxContextLength: planner.longestContext(quant.model, model.contextLength),
    ...(speed ? { speed } : {}),
    notes: [],
  };
}

interface Judgement {
  readonly verdict: Verdict;
  readonly placement?: Placement;
}

function judge(
  hardware: Hardware,
  settings: Settings,
  planner: Planner,
  model: WeightedModel,
  contextLength: number,
  required: MemoryEstimate,
): Judgement {
  if (hardware.devices.length > 0) {
    const fixed = fixedPosition(settings);
    if (fixed && model.loadedBytes === undefined) return judgeFixed(planner, model, contextLength, fixed, required);
    const full = planner.fullPlacement(model, contextLength);
    if (full) return { verdict: "full", placement: full };
    if (fits(planner.overflow(required, 0))) {
      return { verdict: "tight", placement: planner.placement(model, contextLength) };
    }
    // Other runtimes than llama.cpp put all of it on the GPUs or none.
    if (model.loadedBytes !== undefined) return { verdict: "none" };
    const placement = planner.bestPlacement(model, contextLength);
    if (placement) return { verdict: "partial", placement };
  }
  const placement = planner.placementOnCpu(model, contextLength);
  return placement ? { verdict: "cpu", placement } : { verdict: "none" };
}

/** The placement the user decided, undefined when it is ours to find. */
function fixedPosition(settings: Settings): Position | undefined {
  const { gpuLayers, cpuMoeLayers, overrideTensors } = settings;
  if (gpuLayers === undefined && cpuMoeLayers === undefined && overrideTensors === undefined) return undefined;
  return {
    gpuLayers: gpuLayers ?? "all",
    cpuMoeLayers: cpuMoeLayers ?? 0,
    ...(overrideTensors === undefined ? {} : { overrideTensors }),
  };
}

function judgeFixed(
  planner: Planner,
  model: WeightedModel,
  contextLength: number,
  position: Position,
  required: MemoryEstimate,
): Judgement {
  const placement = planner.placement(model, contextLength, position);
  if (!fits(planner.overflow(placement.memory, 0))) return { verdict: "none" };
  // Of a model without experts, --n-cpu-moe keeps nothing in RAM; nor does a pattern that no name matches.
  const everything =
    placement.gpuLayers === placement.layers && placement.memory.host.weightsBytes === required.host.weightsBytes;
  if (everything) return { verdict: fits(planner.overflow(placement.memory)) ? "full" : "tight", placement };
  return { verdict: placement.gpuLayers === 0 ? "cpu" : "partial", placement };
}

function describeModel(model: Model): FitReport["model"] {
  const license = model.card?.["license"];
  const { spdx, name = spdx } =
    typeof license === "string" ? { name: license } : ((license ?? {}) as Readonly<Record<string, unknown>>);
  return {
    id: model.id,
    name: model.name,
    source: model.source,
    architecture: model.architecture.id,
    parameters: model.parameters,
    ...(model.activeParameters === undefined ? {} : { activeParameters: model.activeParameters }),
    layers: model.hyperparameters.number("block_count"),
    contextLength: model.contextLength,
    ...(typeof name === "string" ? { license: name } : {}),
  };
}

/** Cache types CUDA's flash attention has no kernel for unless it is built with all of them. */
const RARE_CACHE_TYPES = new Set(["q4_1", "q5_0", "q5_1", "iq4_nl"]);

function settingsNotes(model: Model, settings: Settings, contexts: readonly number[]): Note[] {
  const notes: Note[] = [];
  const longest = Math.max(...contexts);
  const perSequence = settings.kvUnified ? longest : Math.floor(longest / settings.parallel);
  if (perSequence > model.contextLength) {
    notes.push({ code: "CONTEXT_ABOVE_TRAINED", args: { contextLength: perSequence, trained: model.contextLength } });
  }
  if (settings.parallel > 1 && !settings.kvUnified) {
    notes.push({ code: "CONTEXT_PER_SEQUENCE", args: { parallel: settings.parallel, contextLength: perSequence } });
  }
  const { cacheTypeK, cacheTypeV } = settings;
  if (cacheTypeK !== cacheTypeV || RARE_CACHE_TYPES.has(cacheTypeK)) {
    notes.push({ code: "CACHE_TYPES_NEED_BUILD", args: { k: cacheTypeK, v: cacheTypeV } });
  }
  return notes;
}
