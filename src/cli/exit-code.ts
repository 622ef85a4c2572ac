import type { FitReport, Verdict } from "../core/report.js";

/** The verdicts that count as fitting, by what the user requires. */
const FITTING: Readonly<Record<"full" | "partial", readonly Verdict[]>> = {
  full: ["full", "tight"],
  // whatever runs at all, be it from RAM alone
  partial: ["full", "tight", "partial", "cpu"],
};

/** 0 when at least one of the quantizations asked for fits, 1 when none does. */
export function exitCodeFor(report: FitReport, require: "full" | "partial"): 0 | 1 {
  return report.quants.some((quant) => FITTING[require].includes(quant.verdict)) ? 0 : 1;
}
