import { QUALITY_WORDS } from "./quality.js";
import type { QuantReport, Recommendation, Verdict } from "./report.js";

/** Above this many bits per weight nothing is gained that anyone has measured. */
const ENOUGH_BITS = 9;
/** Where part of the model runs from RAM, more bits cost speed: about a Q4_K_M. */
const OFFLOADED_BITS = 5;
/** From this loss on (noticeable), headroom is worth giving up for less of it. */
const TOO_MUCH = QUALITY_WORDS.indexOf("noticeable");
/** Bits per weight that usually end in each word of quality; where nothing was measured they stand in for it. */
const USUAL_BITS = [6.3, 4.6, 3.7] as const;

/**
 * The quantization to take: of those that fit whole the one that loses least, though never more bits than Q8_0
 * needs; where none fits whole, about four bits, which run at a bearable speed.
 */
export function recommendQuant(quants: readonly QuantReport[]): Recommendation | undefined {
  const whole = [
    pick(
      quants.filter((quant) => quant.grade === "A"),
      ENOUGH_BITS,
      "LARGEST_COMFORTABLE",
    ),
    pick(withVerdict(quants, "full"), ENOUGH_BITS, "LARGEST_FITTING"),
    pick(withVerdict(quants, "tight"), ENOUGH_BITS, "LARGEST_TIGHT"),
  ].filter((choice) => choice !== undefined);
  const [first, ...rest] = whole;
  const best =
    first && rest.reduce((a, b) => (loss(a.quant) >= TOO_MUCH && loss(b.quant) < loss(a.quant) ? b : a), first);
  const choice =
    best ??
    pick(withVerdict(quants, "partial"), OFFLOADED_BITS, "LARGEST_PARTIAL") ??
    pick(withVerdict(quants, "cpu"), OFFLOADED_BITS, "LARGEST_CPU");
  return choice && { quant: choice.quant.quant, reason: choice.reason };
}

interface Choice {
  readonly quant: QuantReport;
  readonly reason: string;
}

function withVerdict(quants: readonly QuantReport[], verdict: Verdict): QuantReport[] {
  return quants.filter((quant) => quant.verdict === verdict);
}

/** The least loss and of that the most bits, of those with not more than `enough`; where all have more, the fewest. */
function pick(quants: readonly QuantReport[], enough: number, reason: string): Choice | undefined {
  let best: QuantReport | undefined;
  for (const quant of quants) {
    if (!best) best = quant;
    else if (best.bitsPerWeight > enough ? quant.bitsPerWeight < best.bitsPerWeight : better(quant, best, enough))
      best = quant;
  }
  return best && { quant: best, reason };
}

function better(quant: QuantReport, best: QuantReport, enough: number): boolean {
  if (quant.bitsPerWeight > enough) return false;
  const [a, b] = [loss(quant), loss(best)];
  return a === b ? quant.bitsPerWeight > best.bitsPerWeight : a < b;
}

/** How much is lost, as a place in the list of words. */
function loss(quant: QuantReport): number {
  if (quant.quality) return QUALITY_WORDS.indexOf(quant.quality.word);
  const at = USUAL_BITS.findIndex((bits) => quant.bitsPerWeight >= bits);
  return at < 0 ? USUAL_BITS.length : at;
}
