import { FitcheckError } from "./errors.js";
import type { Hardware } from "./hardware.js";
import { gradeOf, hostBytes } from "./judge.js";
import type { Model } from "./model.js";
import { Planner } from "./planner.js";
import type { Grade, Placement, SpeedEstimate, Verdict } from "./report.js";
import type { Settings } from "./settings.js";
import { decodeSpeed } from "./speed.js";
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
  load(): Model;
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

/** Quantizations by bits per weight, as a rule of thumb: which are worth working out. */
const USUAL_BITS: Readonly<Record<string, number>> = {
  Q8_0: 8.5,
  Q6_K: 6.56,
  Q5_K_M: 5.7,
  Q5_K_S: 5.55,
  Q4_K_M: 4.87,
  MXFP4: 4.6,
  Q4_K_S: 4.6,
  IQ4_NL: 4.6,
  IQ4_XS: 4.4,
  Q3_K_L: 4.25,
  Q3_K_M: 3.95,
  IQ3_M: 3.7,
  Q3_K_S: 3.6,
  IQ3_XXS: 3.25,
  Q2_K: 3.1,
  IQ2_M: 2.85,
  IQ2_XXS: 2.3,
  IQ1_M: 2,
  IQ1_S: 1.8,
};
/** The rule of thumb is off by no more than this: small models keep large embeddings at more bits. */
const BITS_TOLERANCE = 1.15;
/** Part of a model in RAM: as few bits as lose little. */
const OFFLOADED_QUANTS = ["MXFP4", "Q4_K_M", "IQ4_XS"];
/** Quantizations of one model that are worked out. */
const MOST_QUANTS = 4;
const MOST_PER_FAMILY = 2;

/** Points per doubling of the parameters that count, and per year of release. */
const SIZE_POINTS = 10;
const YEAR_POINTS = 3;
const FIRST_YEAR = 2023;
/** The year of a model whose release is not known. */
const USUAL_YEAR = 2024;
/** Points lost from each number of bits downwards: near-lossless, small, noticeable, heavy. */
const LOSSES = [
  { bits: 6.3, points: 0 },
  { bits: 4.5, points: 2 },
  { bits: 3.7, points: 9 },
  { bits: 2.7, points: 22 },
  { bits: 0, points: 40 },
] as const;
/** Tokens per second from which on faster is no better, and points lost per halving below. */
const FAST = 20;
const FAST_THINKING = 40;
const SLOW_POINTS = 6;
const HEADROOM_POINTS: Readonly<Record<Grade, number>> = { A: 0, B: 1, C: 6, D: 10, F: 100 };

/**
 * The models of a catalog that this hardware runs best, best first. Bounds that cost nothing rule most of them out;
 * the rest is worked out exactly, in the order of the most it can score, until no other can be among the first.
 */
export function recommendModels(
  candidates: readonly ModelCandidate[],
  hardware: Hardware,
  settings: Settings,
  limit: number,
): RecommendedModel[] {
  const bounded = candidates
    .map((candidate) => ({ candidate, most: mostPoints(candidate, hardware, settings) }))
    .filter(({ most }) => most !== undefined)
    .sort((a, b) => (b.most ?? 0) - (a.most ?? 0));
  let best: RecommendedModel[] = [];
  for (const { candidate, most = 0 } of bounded) {
    const worst = best[limit - 1]?.score ?? Number.NEGATIVE_INFINITY;
    if (most <= worst) break;
    const found = evaluate(candidate, hardware, settings);
    if (found) best = ranked([...best, { ...found, family: candidate.family }]);
  }
  return best.slice(0, limit).map(({ family: _, ...model }: RecommendedModel & { family?: string }) => model);
}

/** Best first, of each family the best few. */
function ranked(models: readonly (RecommendedModel & { family?: string })[]): RecommendedModel[] {
  const seen = new Map<string, number>();
  return [...models]
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .filter(({ family = "" }) => {
      seen.set(family, (seen.get(family) ?? 0) + 1);
      return (seen.get(family) ?? 0) <= MOST_PER_FAMILY;
    });
}

/** Bytes for a model on the GPUs, and altogether. */
function roomOf(hardware: Hardware, { marginBytes }: Settings): { onGpu: number; all: number } {
  const onGpu = hardware.devices.reduce((sum, device) => sum + Math.max(device.usableBytes - marginBytes, 0), 0);
  const shared = hardware.devices.some((device) => device.memory === "unified");
  return { onGpu, all: hostBytes(hardware) + (shared ? 0 : onGpu) };
}

/** More points than the model can score here; undefined when it does not run. */
function mostPoints(candidate: ModelCandidate, hardware: Hardware, settings: Settings): number | undefined {
  const room = roomOf(hardware, settings);
  const bits = (bytes: number) => ((bytes * 8) / candidate.parameters) * BITS_TOLERANCE;
  const points = modelPoints(candidate);
  const [fewest] = Object.values(USUAL_BITS).slice(-1) as [number];
  if (bits(room.onGpu) >= fewest) return points - lossPoints(bits(room.onGpu));
  return bits(room.all) >= fewest ? points - lossPoints(bits(room.all)) - HEADROOM_POINTS.D : undefined;
}

/** The parameters that count, on a scale of doublings: of a mixture the mean of all and those in use. */
function modelPoints({ parameters, activeParameters, released }: ModelCandidate): number {
  const counting = Math.sqrt(parameters * (activeParameters ?? parameters)) / 1e9;
  const year = released === undefined ? USUAL_YEAR : Number(released.slice(0, 4));
  return SIZE_POINTS * Math.log2(1 + counting) + YEAR_POINTS * (year - FIRST_YEAR);
}

function lossPoints(bitsPerWeight: number): number {
  return LOSSES.find(({ bits }) => bitsPerWeight >= bits)?.points ?? 0;
}

function evaluate(candidate: ModelCandidate, hardware: Hardware, settings: Settings): RecommendedModel | undefined {
  try {
    const model = candidate.load();
    const planner = new Planner(hardware, settings);
    const scored = quantsToTry(candidate, model, roomOf(hardware, settings).onGpu)
      .map((quant) => score(candidate, model, quant, planner, hardware, settings))
      .filter((found) => found !== undefined);
    const whole = scored.length > 0 ? scored : offloaded(candidate, model, planner, hardware, settings);
    return whole.sort((a, b) => b.score - a.score)[0];
  } catch (error) {
    // a model that these settings do not suit is no recommendation
    if (error instanceof FitcheckError) return undefined;
    throw error;
  }
}

/** The largest quantizations that may fit whole, and the usual one for the speed. */
function quantsToTry(candidate: ModelCandidate, model: Model, onGpu: number): WeighedQuant[] {
  const most = ((onGpu * 8) / candidate.parameters) * BITS_TOLERANCE;
  const fitting = model.quants
    .map(({ quant }) => ({ quant, bits: USUAL_BITS[quant] ?? Number.POSITIVE_INFINITY }))
    .filter(({ bits }) => bits <= most)
    .sort((a, b) => b.bits - a.bits);
  const names = fitting.slice(0, MOST_QUANTS).map(({ quant }) => quant);
  if (fitting.some(({ quant }) => quant === "Q4_K_M") && !names.includes("Q4_K_M")) names.push("Q4_K_M");
  return weighQuants(model, names);
}

/** Of a mixture of experts, which runs well with experts in RAM, the plan with the fewest bits that lose little. */
function offloaded(
  candidate: ModelCandidate,
  model: Model,
  planner: Planner,
  hardware: Hardware,
  settings: Settings,
): RecommendedModel[] {
  if (hardware.devices.length > 0 && candidate.activeParameters === undefined) return [];
  const name = OFFLOADED_QUANTS.find((quant) => model.quants.some((offer) => offer.quant === quant));
  if (name === undefined) return [];
  return weighQuants(model, [name]).flatMap((quant) => {
    const found = score(candidate, model, quant, planner, hardware, settings, true);
    return found ? [found] : [];
  });
}

function score(
  candidate: ModelCandidate,
  model: Model,
  quant: WeighedQuant,
  planner: Planner,
  hardware: Hardware,
  settings: Settings,
  partly = false,
): RecommendedModel | undefined {
  const { contextLength } = settings;
  const onGpus = hardware.devices.length > 0;
  const full = onGpus ? planner.fullPlacement(quant.model, contextLength) : undefined;
  const partial = full || !partly || !onGpus ? undefined : planner.bestPlacement(quant.model, contextLength);
  const inRam = full || partial || onGpus ? undefined : planner.placementOnCpu(quant.model, contextLength);
  const placement = full ?? partial ?? inRam;
  if (!placement) return undefined;
  const verdict: Verdict = full ? "full" : partial ? "partial" : "cpu";
  const grade = gradeOf(verdict, placement.memory, hardware);
  const speed = decodeSpeed(quant.model, placement, hardware, settings, contextLength);
  const bitsPerWeight = (quant.tensorBytes * 8) / model.parameters;
  const points: ScoreParts = {
    model: rounded(modelPoints(candidate)),
    quantization: rounded(-lossPoints(bitsPerWeight)),
    speed: rounded(-slowPoints(speed, candidate.tags.includes("reasoning"))),
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

function slowPoints(speed: SpeedEstimate | undefined, thinks: boolean): number {
  const expected = speed?.decodeTokensPerSecond.expected;
  if (expected === undefined) return 0;
  return SLOW_POINTS * Math.max(Math.log2((thinks ? FAST_THINKING : FAST) / expected), 0);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
