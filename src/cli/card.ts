import type { CardQuant, CommercialUse, ModelCard, Need, Relative } from "../core/card.js";
import { FitcheckError } from "../core/errors.js";
import { fit } from "../core/fit.js";
import { ENDLESS_GPU } from "../core/hardware.js";
import { CardFinder, type Room } from "../core/hardware-fit.js";
import type { Model } from "../core/model.js";
import { hasTag } from "../core/model-tags.js";
import { neighboursOf } from "../core/neighbours.js";
import { Planner } from "../core/planner.js";
import { QUALITY_WORDS, type QualityWord } from "../core/quality.js";
import { namedBits, SMALL_PARAMETERS } from "../core/quality-notes.js";
import type { FitReport, QuantReport } from "../core/report.js";
import { defaultContext, type Settings } from "../core/settings.js";
import { traitsOf } from "../core/traits.js";
import { weighQuants } from "../core/weigh.js";
import { catalogCards } from "../hardware/cards.js";
import { withCommands } from "../runtimes/commands.js";
import { listModels, type ModelSummary } from "../sources/model-index.js";
import type { ModelEntry } from "../sources/model-schema.js";
import { proseOf } from "../sources/prose.js";
import { qualityTable } from "../sources/quality-table.js";
import { measuredSpeeds } from "../sources/speeds.js";
import { TOOL } from "../version.js";
import type { Request } from "./settings.js";

/** Context of the least hardware, and of comfortable hardware where none was asked for. */
const LEAST_CONTEXT = 4096;
const COMFORTABLE_CONTEXT = 16_384;
/** What most people download. */
const USUAL = "Q4_K_M";
/** The context that caches are compared at. */
const CACHE_TOKENS = 16_384;

/** Everything that is known of a model, and what the estimator says of it. */
export function cardOf(model: Model, request: Request): ModelCard {
  const entry = model.source === "catalog" ? (model.card as unknown as ModelEntry | undefined) : undefined;
  const asked = request.contexts?.[0];
  const contextLength = asked === undefined ? defaultContext(model) : asked === "max" ? model.contextLength : asked;
  const settings: Settings = { contextLength, ...request.settings };
  const options = {
    tool: TOOL,
    quality: qualityTable(),
    ...(request.quants === undefined ? {} : { quants: request.quants }),
  };
  const report = fit(model, ENDLESS_GPU, settings, options);
  const tags = entry?.tags ?? [];
  const { prose, sources } = entry ? proseOf(entry.family, entry.id) : { prose: {}, sources: [] };
  const commercial: CommercialUse = entry?.license?.commercial ?? "unknown";
  const needs = new Needs(model, report, request.settings);
  const comfortable = needs.comfortable(asked === undefined ? COMFORTABLE_CONTEXT : contextLength);
  const minimum = needs.minimum();
  const commands = comfortable && commandsFor(model, comfortable, request.settings);
  return {
    schemaVersion: 1,
    tool: TOOL,
    model: { ...report.model, tags, ...(entry ? catalogFacts(entry) : {}) },
    prose,
    traits: traitsOf({
      parameters: model.parameters,
      ...(model.activeParameters === undefined ? {} : { activeParameters: model.activeParameters }),
      contextLength: model.contextLength,
      tags,
      ...(commercial === "unknown" ? {} : { commercial }),
      cacheBytes: needs.cacheBytes(CACHE_TOKENS),
      cacheTokens: Math.min(CACHE_TOKENS, model.contextLength),
      fileBytes: report.quants.find(({ quant }) => namedBits(quant) === 4)?.fileBytes ?? 0,
    }),
    license: { ...(report.model.license === undefined ? {} : { name: report.model.license }), commercial },
    lineage: entry ? lineageOf(entry) : { siblings: [] },
    context: { trained: model.contextLength, contextLength, cacheBytes: needs.cacheBytes(contextLength) },
    quants: report.quants.map(cardQuant),
    hardware: { ...(minimum ? { minimum } : {}), ...(comfortable ? { comfortable } : {}) },
    speeds: entry ? measuredSpeeds(entry.id) : [],
    compare: relatives(model, entry),
    ...(commands ? { commands } : {}),
    remarks: entry?.notes ?? [],
    sources: { ...entry?.sources, ...(sources.length > 0 ? { prose: sources } : {}) },
  };
}

function catalogFacts(entry: ModelEntry): Partial<ModelCard["model"]> {
  const { huggingFace, ollama } = entry.repositories;
  return {
    family: entry.family,
    developer: entry.developer,
    ...(entry.released === undefined ? {} : { released: entry.released }),
    ...(huggingFace === undefined ? {} : { repository: huggingFace }),
    ...(ollama === undefined ? {} : { ollama }),
  };
}

function lineageOf(entry: ModelEntry): ModelCard["lineage"] {
  const siblings = listModels().filter(({ family, id }) => family === entry.family && id !== entry.id);
  return {
    ...(entry.base === undefined ? {} : { base: entry.base }),
    ...(entry.teacher === undefined ? {} : { teacher: entry.teacher }),
    siblings: siblings.sort((a, b) => a.parameters - b.parameters).map(({ id }) => id),
  };
}

function relatives(model: Model, entry: ModelEntry | undefined): ModelCard["compare"] {
  const own = {
    id: model.id,
    parameters: model.parameters,
    family: entry?.family ?? "",
    tags: entry?.tags ?? ["chat"],
  };
  const { same, smaller, larger } = neighboursOf(own, listModels());
  const short = ({ id, name, parameters }: ModelSummary): Relative => ({ id, name, parameters });
  return { same: same.map(short), smaller: smaller.map(short), larger: larger.map(short) };
}

function cardQuant({ quant, bitsPerWeight, fileBytes, required, quality }: QuantReport): CardQuant {
  const totalBytes = required.devices.reduce((sum, device) => sum + device.totalBytes, 0);
  return { quant, bitsPerWeight, fileBytes, totalBytes, ...(quality ? { quality } : {}) };
}

/** What hardware a model needs, by the estimator. */
class Needs {
  private readonly model: Model;
  private readonly report: FitReport;
  private readonly settings: Omit<Settings, "contextLength">;
  private readonly cards = catalogCards();

  constructor(model: Model, report: FitReport, settings: Omit<Settings, "contextLength">) {
    this.model = model;
    this.report = report;
    this.settings = settings;
  }

  /** The smallest quantization that does not lose heavily, nor what is warned of, at a short context. */
  minimum(): Need | undefined {
    const fragile = this.model.parameters < SMALL_PARAMETERS || hasTag(this.model, "reasoning");
    return this.need(this.smallest("noticeable", fragile ? 4 : 3), LEAST_CONTEXT, "margin");
  }

  /** What most people download where its loss is small, else the smallest quantization of small loss. */
  comfortable(contextLength: number): Need | undefined {
    const usual = this.candidates("small", 4).find(({ quant }) => quant === USUAL);
    return this.need(usual ?? this.smallest("small", 4), contextLength, "comfortable");
  }

  cacheBytes(contextLength: number): number {
    const length = Math.min(contextLength, this.model.contextLength);
    const [weighed] = weighQuants(
      this.model,
      this.report.quants.slice(0, 1).map(({ quant }) => quant),
    );
    if (weighed === undefined) return 0;
    const settings = { ...this.settings, contextLength: length };
    return new Planner(ENDLESS_GPU, settings).memory(weighed.model, length).devices[0]?.cacheBytes ?? 0;
  }

  private candidates(worst: QualityWord, bits: number): QuantReport[] {
    // Vectors are compared with others, so embedding models are not quantized hard, and nobody measured it.
    const least = hasTag(this.model, "embedding") || hasTag(this.model, "rerank") ? 8 : bits;
    return this.report.quants.filter(
      ({ quant, quality, format }) =>
        format === undefined &&
        (namedBits(quant) ?? 16) >= least &&
        (quality === undefined || QUALITY_WORDS.indexOf(quality.word) <= QUALITY_WORDS.indexOf(worst)),
    );
  }

  private smallest(worst: QualityWord, bits: number): QuantReport | undefined {
    const [first, ...rest] = this.candidates(worst, bits);
    return first && rest.reduce((a, b) => (b.fileBytes < a.fileBytes ? b : a), first);
  }

  private need(choice: QuantReport | undefined, context: number, room: Room): Need | undefined {
    const contextLength = Math.min(context, this.model.contextLength);
    const [weighed] = choice ? weighQuants(this.model, [choice.quant]) : [];
    if (weighed === undefined) return undefined;
    const settings = { ...this.settings, contextLength };
    const memory = new Planner(ENDLESS_GPU, settings).memory(weighed.model, contextLength);
    return {
      quant: weighed.quant,
      contextLength,
      totalBytes: memory.devices.reduce((sum, device) => sum + device.totalBytes, 0),
      groups: new CardFinder(this.cards, settings).find(weighed.model, contextLength, room),
    };
  }
}

/** How to run what is comfortable. */
function commandsFor(model: Model, need: Need, settings: Omit<Settings, "contextLength">): FitReport["commands"] {
  const chosen = { ...settings, contextLength: need.contextLength };
  const report = fit(model, ENDLESS_GPU, chosen, { tool: TOOL, quants: [need.quant] });
  return withCommands(report, model).commands;
}

/** @throws FitcheckError BAD_VALUE when it is not one model */
export function oneModel(words: readonly string[], command: string): string {
  const [reference, ...more] = words;
  if (reference !== undefined && more.length === 0) return reference;
  throw new FitcheckError("BAD_VALUE", `${command} takes one model`, { hint: `fitcheck ${command} llama-3.1-8b` });
}
