import type { FitReport, QuantReport } from "../core/report.js";
import { plain } from "./format.js";
import { totals } from "./words.js";

type Cell = string | number | undefined;

/** The columns, in order. Sizes are bytes, as in the JSON report; an unknown value is an empty field. */
const COLUMNS: Readonly<Record<string, (quant: QuantReport, report: FitReport) => Cell>> = {
  model: (_, report) => report.model.id,
  quant: (quant) => quant.quant,
  contextLength: (quant, report) => quant.contextLength ?? report.settings.contextLength,
  fileBytes: (quant) => quant.fileBytes,
  bitsPerWeight: (quant) => quant.bitsPerWeight.toFixed(3),
  weightsBytes: (quant) => totals(quant.required).weightsBytes,
  cacheBytes: (quant) => totals(quant.required).cacheBytes,
  computeBytes: (quant) => totals(quant.required).computeBytes,
  overheadBytes: (quant) => totals(quant.required).overheadBytes,
  totalBytes: (quant) => totals(quant.required).totalBytes,
  verdict: (quant) => quant.verdict,
  grade: (quant) => quant.grade,
  maxContextLength: (quant) => quant.maxContextLength,
  gpuLayers: (quant) => quant.placement?.gpuLayers,
  cpuMoeLayers: (quant) => quant.placement?.cpuMoeLayers,
  tokensPerSecond: (quant) => quant.speed?.decodeTokensPerSecond.expected,
  recommended: (quant, report) => (quant.quant === report.recommended?.quant ? "yes" : "no"),
  quality: (quant) => quant.quality?.word,
  dataDate: (_, report) => report.tool.dataDate,
};

/** One line per row of the report (RFC 4180, but with plain line feeds). */
export function renderCsv(report: FitReport): string {
  const lines = report.quants.map((quant) =>
    Object.values(COLUMNS)
      .map((cell) => field(cell(quant, report)))
      .join(","),
  );
  return `${[Object.keys(COLUMNS).join(","), ...lines].join("\n")}\n`;
}

function field(value: Cell): string {
  const text = plain(String(value ?? ""));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
