import type { ModelCandidate } from "./model-candidate.js";
import type { Grade } from "./report.js";

/** What a recommendation scored, in points; docs/plans.md has the rule. */
export interface ScoreParts {
  readonly model: number;
  readonly quantization: number;
  readonly speed: number;
  readonly headroom: number;
}

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
/** Points lost to a tight fit, or to a part in RAM. */
export const HEADROOM_POINTS: Readonly<Record<Grade, number>> = { A: 0, B: 1, C: 6, D: 10, F: 100 };

/** The parameters that count, on a scale of doublings: of a mixture the mean of all and those in use. */
export function modelPoints({ parameters, activeParameters, released }: ModelCandidate): number {
  const counting = Math.sqrt(parameters * (activeParameters ?? parameters)) / 1e9;
  return SIZE_POINTS * Math.log2(1 + counting) + YEAR_POINTS * (yearOf(released ?? USUAL_RELEASE) - FIRST_YEAR);
}

/** `2025-04-19` or `2025-04`: a quarter into 2025. */
function yearOf(date: string): number {
  const [year = 0, month = 1] = date.split("-").map(Number);
  return year + (month - 1) / 12;
}

/** Points lost to so few bits per weight. */
export function lossPoints(bitsPerWeight: number): number {
  const below = LOSSES.findIndex(({ bits }) => bitsPerWeight >= bits);
  const [high, low] = [LOSSES[below - 1], LOSSES[below]];
  if (below === 0) return 0;
  if (!high || !low) return LOSSES[LOSSES.length - 1]?.points ?? 0;
  return high.points + ((high.bits - bitsPerWeight) / (high.bits - low.bits)) * (low.points - high.points);
}

/** Points lost to speed; an answer that thinks first has to come faster. */
export function slowPoints(tokensPerSecond: number, { tags }: ModelCandidate): number {
  const fast = tags.includes("reasoning") ? FAST_THINKING : FAST;
  return SLOW_POINTS * Math.max(Math.log2(fast / tokensPerSecond), 0);
}
