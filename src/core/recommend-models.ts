import { FitcheckError } from "./errors.js";
import type { Device, Hardware } from "./hardware.js";
import { COMFORTABLE_SHARE, gradeOf, hostBytes } from "./judge.js";
import type { Model } from "./model.js";
import { overheadBytes } from "./overhead.js";
import { Planner } from "./planner.js";
import type { Grade, Placement, SpeedEstimate, Verdict } from "./report.js";
import type { Settings } from "./settings.js";
import { decodeSpeed } from "./speed.js";
import { makerOf, speedClassOf } from "./speed-class.js";
import { SPEED } from "./speed-constants.js";
import { type WeighedQuant, weighQuants } from "./weigh.js";

/** A model of a catalog, before anything of it is read or worked out. */
export interface ModelCandidate {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly contextLength: number;
  readonly tags: readonly string[];
  /** `2025-04`, where known. */
  readonly released?: string;
  readonly sizes: ModelSizes;
  load(): Model;
}

/** What a model takes on one GPU with everything there and an F16 cache, in bytes. */
export interface ModelSizes {
  readonly layers: number;
  readonly weights: ReadonlyMap<string, number>;
  /** Contexts that the next two are given for. */
  readonly contexts: readonly [short: number, long: number];
  readonly cache: readonly [number, number];
  readonly compute: readonly [number, number];
}

/** What a recommendation scored, in points; docs/plans.md has the rule. */
export interface ScoreParts {
  readonly model: number;
  readonly quantization: number;
  readonly speed: number;
  readonly headroom: number;
}

export interface RecommendedModel {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly quant: string;
  readonly bitsPerWeight: number;
  readonly fileBytes: number;
  readonly verdict: Verdict;
  readonly grade: Grade;
  readonly placement: Placement;
  readonly speed?: SpeedEstimate;
  readonly score: number;
  readonly points: ScoreParts;
}

/** Part of a model in RAM: as few bits as lose little, the first of these that there is. */
const OFFLOADED_QUANTS = ["MXFP4", "Q4_K_M", "IQ4_XS"];
/** The best of their size; the others lie between two of these, or lose more at the same bits. */
const WHOLE_QUANTS = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "MXFP4", "IQ4_XS", "Q3_K_M", "IQ3_XXS", "IQ2_M"];
const MOST_PER_FAMILY = 2;
/** Plans with a part in RAM that are worked out, the most promising ones: each takes as long as several whole ones. */
const MOST_IN_PART = 2;
/** What an estimate that costs nothing may be off, in the model's favour. */
const GENEROUS = 1.05;
/** Fewer points than this are not worth working out another model or quantization for. */
const CLOSE = 1;

/** Points per doubling of the parameters that count, and per year of release. */
const SIZE_POINTS = 10;
const YEAR_POINTS = 6;
const FIRST_YEAR = 2023;
/** When a model whose release is not known was released. */
const USUAL_RELEASE = "2024-01";
/** Points lost at so many bits per weight; between two of these on the line through them. */
const LOSSES = [
  { bits: 8.5, points: 0 },
  { bits: 6.5, points: 0.5 },
  { bits: 4.9, points: 2.5 },
  { bits: 3.9, points: 9 },
  { bits: 3.1, points: 20 },
  { bits: 2.3, points: 40 },
] as const;
/** Tokens per second from which on faster is no better, and points lost per halving below. */
const FAST = 20;
const FAST_THINKING = 40;
const SLOW_POINTS = 6;
const HEADROOM_POINTS: Readonly<Record<Grade, number>> = { A: 0, B: 1, C: 6, D: 10, F: 100 };

/** One way to run one model, before it is worked out. */
interface Option {
  readonly candidate: ModelCandidate;
  readonly quant: string;
  readonly whole: boolean;
  /** It scores no more than this. */
  readonly most: number;
}

/**
 * The models of a catalog that this hardware runs best, best first. What the sizes in the catalog promise at most
 * decides the order in which models are worked out exactly, until no other can be among the first.
 */
export function recommendModels(
  candidates: readonly ModelCandidate[],
  hardware: Hardware,
  settings: Settings,
  limit: number,
): RecommendedModel[] {
  const machine = machineOf(hardware, settings);
  const options = candidates.flatMap((candidate) => optionsOf(candidate, machine, settings));
  options.sort((a, b) => b.most - a.most);
  const found = new Map<ModelCandidate, RecommendedModel>();
  let inPart = 0;
  for (const option of options) {
    if (!option.whole && hardware.devices.length > 0 && ++inPart > MOST_IN_PART) continue;
    const known = found.get(option.candidate);
    if (known && known.score >= option.most - CLOSE) continue;
    const best = ranked(found);
    if (option.most - CLOSE <= (best[limit - 1]?.score ?? Number.NEGATIVE_INFINITY)) break;
    if (isOutdone(option, best, found)) continue;
    const exact = evaluate(option, hardware, settings);
    if (exact && exact.score > (known?.score ?? Number.NEGATIVE_INFINITY)) found.set(option.candidate, exact);
  }
  return ranked(found).slice(0, limit);
}

/** Best first, of each family the best few. */
function ranked(found: ReadonlyMap<ModelCandidate, RecommendedModel>): RecommendedModel[] {
  const seen = new Map<string, number>();
  return [...found]
    .sort(([, a], [, b]) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .filter(([{ family }]) => {
      const count = (seen.get(family) ?? 0) + 1;
      seen.set(family, count);
      return count <= MOST_PER_FAMILY;
    })
    .map(([, model]) => model);
}

/** True when better models of its family take all the places that the family may have. */
function isOutdone(
  { candidate, most }: Option,
  best: readonly RecommendedModel[],
  found: ReadonlyMap<ModelCandidate, RecommendedModel>,
): boolean {
  const better = [...found].filter(
    ([other, model]) =>
      other !== candidate && other.family === candidate.family && model.score >= most && best.includes(model),
  );
  return better.length >= MOST_PER_FAMILY;
}

/** Sizes and speeds of the hardware as a whole, as far as bounds need them. */
interface Machine {
  /** Bytes for a model on the GPUs, and altogether. */
  readonly onGpus: number;
  readonly all: number;
  readonly comfortable: number;
  /** Bytes per second that the fastest GPU reads of weights and of cache, and of RAM; without end where not known. */
  readonly weightRate: number;
  readonly cacheRate: number;
  readonly ramRate: number;
  /** Seconds that a layer takes whatever its size. */
  readonly layerSeconds: number;
}

function machineOf(hardware: Hardware, { marginBytes }: Settings): Machine {
  const { devices } = hardware;
  const sum = (part: (device: Device) => number) => devices.reduce((total, device) => total + part(device), 0);
  const overhead = (device: Device) => overheadBytes(device.backend);
  const onGpus = sum((device) => Math.max(device.usableBytes - marginBytes - overhead(device), 0));
  const shared = devices.some((device) => device.memory === "unified");
  const rates = devices.map(ratesOf);
  const fastest = (part: (rates: Rates) => number) =>
    Math.max(...rates.map(part), rates.length > 0 ? 0 : UNKNOWN.weights);
  return {
    onGpus,
    all: hostBytes(hardware) + (shared ? 0 : onGpus),
    comfortable: sum((device) => (1 - COMFORTABLE_SHARE) * device.usableBytes - overhead(device)),
    weightRate: fastest((rate) => rate.weights),
    cacheRate: fastest((rate) => rate.cache),
    ramRate: shared ? fastest((rate) => rate.weights) : SPEED.cpu.assumed.expected,
    layerSeconds: Math.min(...rates.map((rate) => rate.layerSeconds), rates.length > 0 ? 1 : 0),
  };
}

interface Rates {
  readonly weights: number;
  readonly cache: number;
  readonly layerSeconds: number;
}

const UNKNOWN: Rates = { weights: Number.POSITIVE_INFINITY, cache: Number.POSITIVE_INFINITY, layerSeconds: 0 };

function ratesOf(device: Device): Rates {
  const known = speedClassOf(device);
  const bandwidth = device.bandwidthBytesPerSecond;
  if (known === undefined || bandwidth === undefined) return UNKNOWN;
  const { efficiency, blockMicroseconds } = SPEED.classes[known];
  return {
    weights: bandwidth * efficiency,
    cache: bandwidth * SPEED.cacheEfficiency[makerOf(known)],
    layerSeconds: blockMicroseconds / 1e6,
  };
}

/** The ways to run a model here that its sizes do not rule out. */
function optionsOf(candidate: ModelCandidate, machine: Machine, settings: Settings): Option[] {
  const points = modelPoints(candidate);
  const context = contextBytes(candidate, settings);
  const options: Option[] = [];
  for (const quant of WHOLE_QUANTS) {
    const weights = candidate.sizes.weights.get(quant);
    if (weights === undefined || weights + context.all > machine.onGpus) continue;
    const bits = (weights * 8) / candidate.parameters;
    const reading = readBytes(candidate, weights) / machine.weightRate + context.cache / 2 / machine.cacheRate;
    const slow = slowPoints(1 / (secondsAtLeast(candidate, machine) + reading), candidate);
    const headroom = weights + context.all <= machine.comfortable ? HEADROOM_POINTS.A : HEADROOM_POINTS.B;
    options.push({ candidate, quant, whole: true, most: points - lossPoints(bits * GENEROUS) - slow - headroom });
  }
  const quant = OFFLOADED_QUANTS.find((name) => candidate.sizes.weights.has(name));
  const weights = candidate.sizes.weights.get(quant ?? "") ?? 0;
  const runsInRam = candidate.activeParameters !== undefined || machine.onGpus === 0;
  if (options.length > 0 || quant === undefined || !runsInRam || weights + context.all > machine.all) return options;
  const inRam = Math.max(1 - machine.onGpus / (weights + context.all), 0) * readBytes(candidate, weights);
  const seconds = secondsAtLeast(candidate, machine) + inRam / machine.ramRate;
  const most = points - HEADROOM_POINTS.D - slowPoints(1 / seconds, candidate);
  return [
    { candidate, quant, whole: false, most: most - lossPoints(((weights * 8) / candidate.parameters) * GENEROUS) },
  ];
}

function secondsAtLeast({ sizes: { layers } }: ModelCandidate, { layerSeconds }: Machine): number {
  return layers * layerSeconds;
}

/** Bytes of weights that a token reads, at least. */
function readBytes({ parameters, activeParameters }: ModelCandidate, weights: number): number {
  return (weights * (activeParameters ?? parameters)) / parameters / GENEROUS;
}

/** Cache alone, and with compute, at this context and at least: a quantized cache is smaller than the catalog's. */
function contextBytes({ sizes }: ModelCandidate, settings: Settings): { cache: number; all: number } {
  const [short, long] = sizes.contexts;
  const [cacheThere, cacheFurther] = sizes.cache;
  const { contextLength, cacheTypeK, cacheTypeV, ubatch } = settings;
  const f16 = cacheTypeK === "f16" && cacheTypeV === "f16";
  const further = ((contextLength - short) / (long - short)) * (cacheFurther - cacheThere);
  const f16Cache = contextLength < short ? (cacheThere * contextLength) / short : cacheThere + further;
  const cache = f16 ? f16Cache : f16Cache / 4;
  return { cache, all: cache + sizes.compute[0] * Math.min(ubatch / 512, contextLength / short, 1) * 0.9 };
}

/** The parameters that count, on a scale of doublings: of a mixture the mean of all and those in use. */
function modelPoints({ parameters, activeParameters, released }: ModelCandidate): number {
  const counting = Math.sqrt(parameters * (activeParameters ?? parameters)) / 1e9;
  return SIZE_POINTS * Math.log2(1 + counting) + YEAR_POINTS * (yearOf(released ?? USUAL_RELEASE) - FIRST_YEAR);
}

/** `2025-04-19` or `2025-04`: a quarter into 2025. */
function yearOf(date: string): number {
  const [year = 0, month = 1] = date.split("-").map(Number);
  return year + (month - 1) / 12;
}

function lossPoints(bitsPerWeight: number): number {
  const below = LOSSES.findIndex(({ bits }) => bitsPerWeight >= bits);
  const [high, low] = [LOSSES[below - 1], LOSSES[below]];
  if (below === 0) return 0;
  if (!high || !low) return LOSSES[LOSSES.length - 1]?.points ?? 0;
  return high.points + ((high.bits - bitsPerWeight) / (high.bits - low.bits)) * (low.points - high.points);
}

function slowPoints(tokensPerSecond: number, { tags }: ModelCandidate): number {
  const fast = tags.includes("reasoning") ? FAST_THINKING : FAST;
  return SLOW_POINTS * Math.max(Math.log2(fast / tokensPerSecond), 0);
}

/** The option worked out; undefined where it does not fit after all, or the settings do not suit the model. */
function evaluate(option: Option, hardware: Hardware, settings: Settings): RecommendedModel | undefined {
  try {
    const model = option.candidate.load();
    const [quant] = weighQuants(model, [option.quant]);
    return quant && score(option, model, quant, hardware, settings);
  } catch (error) {
    if (error instanceof FitcheckError) return undefined;
    throw error;
  }
}

function score(
  { candidate, whole }: Option,
  model: Model,
  quant: WeighedQuant,
  hardware: Hardware,
  settings: Settings,
): RecommendedModel | undefined {
  const { contextLength } = settings;
  const planner = new Planner(hardware, settings);
  const onGpus = hardware.devices.length > 0;
  const verdict: Verdict = whole ? "full" : onGpus ? "partial" : "cpu";
  const placement = whole
    ? planner.fullPlacement(quant.model, contextLength)
    : onGpus
      ? planner.bestPlacement(quant.model, contextLength, "quick")
      : planner.placementOnCpu(quant.model, contextLength);
  if (!placement) return undefined;
  const grade = gradeOf(verdict, placement.memory, hardware);
  const speed = decodeSpeed(quant.model, placement, hardware, settings, contextLength);
  const expected = speed?.decodeTokensPerSecond.expected;
  const bitsPerWeight = (quant.tensorBytes * 8) / model.parameters;
  const points: ScoreParts = {
    model: rounded(modelPoints(candidate)),
    quantization: rounded(-lossPoints(bitsPerWeight)),
    speed: rounded(expected === undefined ? 0 : -slowPoints(expected, candidate)),
    headroom: -HEADROOM_POINTS[grade],
  };
  return {
    id: candidate.id,
    name: candidate.name,
    tags: candidate.tags,
    parameters: candidate.parameters,
    ...(candidate.activeParameters === undefined ? {} : { activeParameters: candidate.activeParameters }),
    quant: quant.quant,
    bitsPerWeight,
    fileBytes: quant.fileBytes,
    verdict,
    grade,
    placement,
    ...(speed ? { speed } : {}),
    score: rounded(points.model + points.quantization + points.speed + points.headroom),
    points,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
