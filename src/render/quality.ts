import type { Quality, Range } from "../core/quality.js";
import type { FitReport } from "../core/report.js";

/** What is known of the loss of the recommended quantization, in a sentence. */
export function recommendedQuality(report: FitReport): string | undefined {
  const quality = report.quants.find(({ quant }) => quant === report.recommended?.quant)?.quality;
  return quality && `Quality: ${qualityWords(quality)}.`;
}

/** `small loss, perplexity +1.2 to 4.8 % (measured on Llama-3-8B, Llama-3-70B)` */
export function qualityWords(quality: Quality): string {
  if (quality.basis === "reference") return "the published weights, nothing lost";
  const { perplexityIncreasePercent: perplexity, klDivergence: divergence } = quality;
  const figure = perplexity
    ? `perplexity ${rangeWords(perplexity, true)} %`
    : divergence && `KL divergence ${rangeWords(divergence, false)}`;
  const word = quality.word === "near-lossless" ? "near-lossless" : `${quality.word} loss`;
  const how = quality.measuredBy === "bits" ? "files of as many bits" : "measured";
  return `${word}, ${figure} (${how} on ${quality.models.join(", ")})`;
}

/** The measured models; empty where nothing is known. */
export function originWords(quality: Quality | undefined): string {
  if (quality === undefined) return "";
  if (quality.basis === "reference") return "the published weights";
  return `${quality.models.join(", ")}${quality.measuredBy === "bits" ? " (files of as many bits)" : ""}`;
}

/** `+2.4 to 2.9`, with a sign where more is worse. */
export function rangeWords({ low, high }: Range, signed: boolean): string {
  const sign = signed && low >= 0 ? "+" : "";
  return low === high ? `${sign}${short(low)}` : `${sign}${short(low)} to ${short(high)}`;
}

/** Two digits that count. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 10) return value.toFixed(0);
  return size >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}
