import type { FitReport } from "../core/report.js";

/** The report as it is: its fields are the contract. */
export function renderJson(report: FitReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
