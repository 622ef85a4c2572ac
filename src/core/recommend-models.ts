import { FitcheckError } from "./errors.js";
import type { Hardware } from "./hardware.js";
import { gradeOf } from "./judge.js";
import type { Model } from "./model.js";
import type { ModelCandidate } from "./model-candidate.js";
import { Planner } from "./planner.js";
import { machineOf, type Option, optionsOf } from "./recommend-bounds.js";
import { HEADROOM_POINTS, lossPoints, modelPoints, type ScoreParts, slowPoints } from "./recommend-score.js";
import type { Grade, Placement, SpeedEstimate, Verdict } from "./report.js";
import type { Settings } from "./settings.js";
import { decodeSpeed } from "./speed.js";
import { type WeighedQuant, weighQuants } from "./weigh.js";

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

const MOST_PER_FAMILY = 2;
/** Plans with a part in RAM that are worked out, the most promising ones: each takes as long as several whole ones. */
const MOST_IN_PART = 2;
/** Fewer points than this are not worth working out another model or quantization for. */
const CLOSE = 1;

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
