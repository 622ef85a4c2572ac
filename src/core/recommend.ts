import type { QuantReport, Recommendation, Verdict } from "./report.js";

/** Above this many bits per weight nothing is gained that anyone has measured. */
const ENOUGH_BITS = 9;
/** Where part of the model runs from RAM, more bits cost speed: about a Q4_K_M. */
const OFFLOADED_BITS = 5;

/**
 * The quantization to take: of those that fit whole the one with the most bits, though never more than
 * Q8_0 needs; where none fits whole, about four bits, which run at a bearable speed.
 */
export function recommendQuant(quants: readonly QuantReport[]): Recommendation | undefined {
  const comfortable = quants.filter((quant) => quant.grade === "A");
  return (
    pick(comfortable, ENOUGH_BITS, "LARGEST_COMFORTABLE") ??
    pick(withVerdict(quants, "full"), ENOUGH_BITS, "LARGEST_FITTING") ??
    pick(withVerdict(quants, "tight"), ENOUGH_BITS, "LARGEST_TIGHT") ??
    pick(withVerdict(quants, "partial"), OFFLOADED_BITS, "LARGEST_PARTIAL") ??
    pick(withVerdict(quants, "cpu"), OFFLOADED_BITS, "LARGEST_CPU")
  );
}

function withVerdict(quants: readonly QuantReport[], verdict: Verdict): QuantReport[] {
  return quants.filter((quant) => quant.verdict === verdict);
}

/** The most bits that are not more than `enough`; where all are more, the fewest. */
function pick(quants: readonly QuantReport[], enough: number, reason: string): Recommendation | undefined {
  let best: QuantReport | undefined;
  for (const quant of quants) {
    if (!best) best = quant;
    else if (best.bitsPerWeight > enough ? quant.bitsPerWeight < best.bitsPerWeight : better(quant, best, enough))
      best = quant;
  }
  return best && { quant: best.quant, reason };
}

function better(quant: QuantReport, best: QuantReport, enough: number): boolean {
  return quant.bitsPerWeight <= enough && quant.bitsPerWeight > best.bitsPerWeight;
}
