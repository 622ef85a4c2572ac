import type { FitReport, QuantReport } from "../core/report.js";
import { gib, grouped, plain } from "./format.js";
import type { Terminal } from "./terminal.js";
import { totals } from "./words.js";

/** Columns where nothing says how many there are. */
const USUAL_COLUMNS = 80;
const NARROWEST_BAR = 10;
/** More quantizations than these would fill pages. */
const MOST_QUANTS = 4;

/**
 * Memory against context as bars of plain characters: `=` weights, `#` cache and all else, `|` the limit.
 * @returns nothing where there is one context only
 */
export function renderChart(report: FitReport, terminal: Terminal): string {
  const names = [...new Set(report.quants.map(({ quant }) => quant))];
  const pick = report.recommended?.quant ?? names[0];
  const shown = names.length > MOST_QUANTS ? names.filter((name) => name === pick) : names;
  return shown
    .map((name) => report.quants.filter(({ quant, contextLength }) => quant === name && contextLength !== undefined))
    .filter((rows) => rows.length > 1)
    .map((rows) => `${chartOf(rows, report, terminal.columns ?? USUAL_COLUMNS).join("\n")}\n`)
    .join("\n");
}

function chartOf(rows: readonly QuantReport[], { hardware, settings }: FitReport, columns: number): string[] {
  const { devices, host } = hardware;
  const limit =
    devices.length > 0
      ? devices.reduce((sum, device) => sum + device.usableBytes - settings.marginBytes, 0)
      : (host.availableBytes ?? host.totalBytes);
  const labels = rows.map(({ contextLength = 0 }) => grouped(contextLength));
  const sizes = rows.map(({ required }) => gib(totals(required).totalBytes));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const sizeWidth = Math.max(...sizes.map((size) => size.length));
  const width = Math.max(columns - labelWidth - sizeWidth - " |  GiB".length, NARROWEST_BAR);
  const most = Math.max(limit, ...rows.map(({ required }) => totals(required).totalBytes));
  const cells = (bytes: number) => Math.round((bytes / most) * (width - 1));
  const mark = cells(limit);
  const title = `${plain(rows[0]?.quant ?? "")}: memory by context; = weights, # the rest, | at ${gib(limit)} GiB is the limit`;
  return [
    ...(title.length > columns ? [`${plain(rows[0]?.quant ?? "")}: memory by context`] : [title]),
    ...rows.map(({ required }, i) => {
      const sum = totals(required);
      const bar = `${"=".repeat(cells(sum.weightsBytes))}`.padEnd(cells(sum.totalBytes), "#").padEnd(width);
      const marked = `${bar.slice(0, mark)}|${bar.slice(mark)}`.trimEnd().padEnd(width + 1);
      return `${(labels[i] ?? "").padStart(labelWidth)} ${marked} ${(sizes[i] ?? "").padStart(sizeWidth)} GiB`;
    }),
  ];
}
