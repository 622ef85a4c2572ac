import type { FitReport } from "../core/report.js";
import { renderChart } from "../render/chart.js";
import type { FormatId } from "../render/registry.js";
import type { Terminal } from "../render/terminal.js";

const SHORTEST = 4096;
const MOST_POINTS = 8;

/** The contexts asked for, or where there are fewer than two the powers of two up to the trained length. */
export function contextsToDraw(
  asked: readonly (number | "max")[] | undefined,
  trained: number,
): readonly (number | "max")[] {
  if (asked !== undefined && asked.length > 1) return asked;
  const [only] = asked ?? [];
  const ladder: number[] = [];
  for (let context = SHORTEST; context < trained; context *= 2) ladder.push(context);
  const points = new Set([...ladder.slice(-(MOST_POINTS - 1)), trained, ...(typeof only === "number" ? [only] : [])]);
  return [...points].sort((a, b) => a - b);
}

/** The chart below the report: fenced in Markdown, where every space counts. */
export function drawChart(report: FitReport, format: FormatId, terminal: Terminal): string {
  const chart = renderChart(report, terminal);
  if (chart === "") return "";
  return format === "markdown" ? `\n\`\`\`text\n${chart}\`\`\`\n` : `\n${chart}`;
}
