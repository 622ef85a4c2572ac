import type { CommercialUse } from "./card.js";
import type { FitReport, QuantReport } from "./report.js";

/** One model beside others: its facts, and its pick on this hardware at this context. */
export interface Compared {
  readonly model: FitReport["model"];
  readonly released?: string;
  readonly commercial: CommercialUse;
  readonly tags: readonly string[];
  /** The recommended quantization, else the one with the best verdict, else the smallest. */
  readonly pick: QuantReport;
  /** True where it is the recommendation. */
  readonly recommended: boolean;
  /** Cache at this context, in bytes on all devices. */
  readonly cacheBytes: number;
}

/** Models side by side on the same hardware at the same context. */
export interface Comparison {
  readonly schemaVersion: 1;
  readonly tool: FitReport["tool"];
  readonly settings: FitReport["settings"];
  readonly hardware: FitReport["hardware"];
  readonly models: readonly Compared[];
}

/** The row to show of a report: its pick, or what comes nearest to fitting. Undefined where there are none. */
export function pickOf(report: FitReport): QuantReport | undefined {
  const pick = report.quants.find(({ quant }) => quant === report.recommended?.quant);
  const [first, ...rest] = report.quants;
  return pick ?? (first && rest.reduce((a, b) => (b.fileBytes < a.fileBytes ? b : a), first));
}
