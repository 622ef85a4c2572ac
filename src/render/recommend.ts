import type { Hardware } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import type { RecommendedModel } from "../core/recommend-models.js";
import type { FitReport } from "../core/report.js";
import type { Settings } from "../core/settings.js";
import { type Column, renderColumns } from "./columns.js";
import { gb, gib, grouped, parameterCount, plain, rate } from "./format.js";
import { renderList } from "./list.js";
import { noteSentence } from "./notes.js";
import type { FormatId } from "./registry.js";
import type { Terminal } from "./terminal.js";
import { createTheme } from "./theme.js";
import { totals, VERDICT_WORDS } from "./words.js";
import { wrap } from "./wrap.js";

/** What a machine runs best, best first. */
export interface RecommendReport {
  readonly schemaVersion: 1;
  readonly tool: FitReport["tool"];
  readonly task: string;
  readonly settings: Settings;
  readonly hardware: Omit<Hardware, "notes">;
  /** Models of the catalog that were looked at. */
  readonly considered: number;
  readonly models: readonly RecommendedModel[];
  readonly notes: readonly Note[];
}

export function renderRecommendations(report: RecommendReport, format: FormatId, terminal: Terminal): string {
  if (format === "json") return `${JSON.stringify(report, undefined, 2)}\n`;
  if (format === "csv") return list(report, "csv", terminal);
  const title = `What runs best here for ${report.task} at ${grouped(report.settings.contextLength)} tokens: ${hardwareWords(report.hardware)}`;
  if (report.models.length === 0)
    return `${[...wrap(title, terminal.columns), "", nothingFits(report.considered)].join("\n")}\n`;
  const [best] = report.models;
  const next = `Of ${report.considered} models of the catalog. How to run the first: fitcheck ${best?.id} -q ${best?.quant}`;
  const notes = report.notes.map((note) => `- ${noteSentence(note)}`);
  if (format === "markdown") {
    return `${[`## ${title}`, list(report, "markdown", terminal).trimEnd(), next, ...notes].join("\n\n")}\n`;
  }
  const theme = createTheme(terminal.color);
  return `${[
    ...wrap(title, terminal.columns).map((line) => theme.heading(line)),
    "",
    ...renderColumns(columns(), report.models, terminal.columns, theme),
    "",
    ...[next, ...notes].flatMap((line) => wrap(line, terminal.columns, "  ")),
  ].join("\n")}\n`;
}

function nothingFits(considered: number): string {
  if (considered === 0) return "No model of the catalog is what was asked for.";
  return considered === 1 ? "The one model in question does not fit." : `None of the ${considered} models fits.`;
}

function list(report: RecommendReport, format: "csv" | "markdown", terminal: Terminal): string {
  return renderList({ name: "models", items: report.models, columns: columns(), tool: report.tool }, format, terminal);
}

function hardwareWords({ devices, host }: RecommendReport["hardware"]): string {
  const counts = new Map<string, number>();
  for (const device of devices) {
    const name = device.name === "GPU" ? `${gib(device.usableBytes)} GiB` : plain(device.name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].map(([name, count]) => (count > 1 ? `${count} x ${name}` : name));
  return [...(names.length === 0 ? ["no GPU"] : names), `${gib(host.totalBytes)} GiB RAM`].join(", ");
}

function columns(): Column<RecommendedModel>[] {
  return [
    { head: ["Model", ""], align: "left", priority: 100, cell: (model) => plain(model.id) },
    { head: ["Quant", ""], align: "left", priority: 95, cell: (model) => plain(model.quant) },
    {
      head: ["Parameters", ""],
      align: "right",
      priority: 30,
      cell: ({ parameters, activeParameters: active }) =>
        active === undefined
          ? parameterCount(parameters)
          : `${parameterCount(parameters)}, ${parameterCount(active)} active`,
    },
    { head: ["File", "GB"], align: "right", priority: 50, cell: (model) => gb(model.fileBytes) },
    {
      head: ["Memory", "GiB"],
      align: "right",
      priority: 70,
      cell: (model) => gib(totals(model.placement.memory).totalBytes),
    },
    { head: ["Fits?", ""], align: "left", priority: 90, cell: (model) => VERDICT_WORDS[model.verdict] },
    {
      head: ["Speed", "tok/s"],
      align: "right",
      priority: 80,
      cell: ({ speed }) => (speed === undefined ? "" : rate(speed.decodeTokensPerSecond.expected)),
    },
    { head: ["Points", ""], align: "right", priority: 60, cell: (model) => model.score.toFixed(1) },
  ];
}
