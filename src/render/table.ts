import type { FitReport, QuantReport } from "../core/report.js";
import { changeColumns, changeGroups } from "./changes.js";
import { type Column, renderColumns } from "./columns.js";
import { reportFacts } from "./facts.js";
import { gb, gib, grouped, plain, rate } from "./format.js";
import { reportNotes } from "./notes.js";
import { recommendedQuality } from "./quality.js";
import { reasoningWords } from "./reasoning.js";
import type { Terminal } from "./terminal.js";
import { createTheme, type Theme } from "./theme.js";
import {
  hasContextRows,
  maxContextWords,
  planWords,
  RUNTIME_NAMES,
  reasonWords,
  shownCommands,
  totals,
  VERDICT_WORDS,
} from "./words.js";
import { wrap, wrapCommand } from "./wrap.js";

/** Room for the labels of the head. */
const LABEL = 10;

/** The report for people: what was asked, a row per quantization, the pick, how to run it, the caveats. */
export function renderTable(report: FitReport, terminal: Terminal): string {
  const theme = createTheme(terminal.color);
  const sections = [
    head(report, terminal, theme),
    renderColumns(quantColumns(report, theme), report.quants, terminal.columns, theme),
    ...changes(report, terminal, theme),
    recommendation(report, terminal, theme),
    thinking(report, terminal),
    commands(report, terminal, theme),
    notes(report, terminal, theme),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function head(report: FitReport, terminal: Terminal, theme: Theme): string[] {
  const { id, name } = report.model;
  const title = id === name ? plain(name) : `${plain(name)} (${plain(id)})`;
  return [
    ...wrap(title, terminal.columns).map((line) => theme.heading(line)),
    ...reportFacts(report).flatMap(([label, text]) =>
      wrap(label.padEnd(LABEL) + text, terminal.columns, " ".repeat(LABEL)).map((line, index) =>
        index === 0 ? theme.faint(line.slice(0, LABEL)) + line.slice(LABEL) : line,
      ),
    ),
  ];
}

function quantColumns(report: FitReport, theme: Theme): Column<QuantReport>[] {
  const part = (
    name: "weightsBytes" | "cacheBytes" | "computeBytes" | "overheadBytes" | "extraBytes" | "totalBytes",
    title: string,
    priority: number,
  ): Column<QuantReport> => ({
    head: [title, "GiB"],
    align: "right",
    priority,
    cell: (quant) => gib(totals(quant.required)[name]),
  });
  const columns: Column<QuantReport>[] = [
    {
      head: ["Quant", ""],
      align: "left",
      priority: 100,
      cell: (quant) => plain(quant.quant),
      paint: (text, quant) => (quant.quant === report.recommended?.quant ? theme.pick(text) : text),
    },
    { head: ["File", "GB"], align: "right", priority: 50, cell: (quant) => gb(quant.fileBytes) },
    part("weightsBytes", "Weights", 40),
    part("cacheBytes", "Cache", 35),
    part("computeBytes", "Compute", 20),
    // Nothing lies outside the accounting of a run from RAM.
    ...(report.hardware.devices.length > 0 ? [part("overheadBytes", "Overhead", 15)] : []),
    ...(report.extras === undefined ? [] : [part("extraBytes", "Beside", 45)]),
    part("totalBytes", "Total", 90),
    {
      head: ["Fits?", ""],
      align: "left",
      priority: 99,
      cell: (quant) => VERDICT_WORDS[quant.verdict],
      paint: (text, quant) => theme.verdict(quant.verdict, text),
    },
    { head: ["Grade", ""], align: "left", priority: 60, cell: (quant) => quant.grade },
    { head: ["Max ctx", "tokens"], align: "right", priority: 80, cell: maxContextWords },
    {
      head: ["Speed", "tok/s"],
      align: "right",
      priority: 70,
      cell: (quant) => (quant.speed === undefined ? "" : rate(quant.speed.decodeTokensPerSecond.expected)),
    },
    { head: ["Quality", "loss"], align: "left", priority: 45, cell: (quant) => quant.quality?.word ?? "" },
    { head: ["Plan", ""], align: "left", priority: 10, cell: planWords },
  ];
  if (hasContextRows(report)) {
    columns.splice(1, 0, {
      head: ["Context", "tokens"],
      align: "right",
      priority: 95,
      cell: (quant) => (quant.contextLength === undefined ? "" : grouped(quant.contextLength)),
    });
  }
  return columns;
}

function changes(report: FitReport, terminal: Terminal, theme: Theme): string[][] {
  return changeGroups(report).map((group) => [
    ...wrap(group.title, terminal.columns).map((line) => theme.heading(line)),
    ...renderColumns(changeColumns(), group.changes, terminal.columns, theme),
  ]);
}

function recommendation(report: FitReport, terminal: Terminal, theme: Theme): string[] {
  const pick = report.recommended;
  if (pick === undefined) return report.quants.length === 0 ? ["No quantizations to judge."] : [];
  const [first = "", ...rest] = wrap(
    `Recommended: ${plain(pick.quant)}, ${reasonWords(pick.reason)}.`,
    terminal.columns,
    "  ",
  );
  const quality = recommendedQuality(report);
  return [theme.heading(first), ...rest, ...(quality === undefined ? [] : wrap(quality, terminal.columns, "  "))];
}

function thinking({ reasoning }: FitReport, terminal: Terminal): string[] {
  return reasoning === undefined ? [] : wrap(reasoningWords(reasoning), terminal.columns, "  ");
}

function commands(report: FitReport, terminal: Terminal, theme: Theme): string[] {
  return shownCommands(report).flatMap(([runtime, command]) => [
    theme.heading(`${RUNTIME_NAMES[runtime] ?? runtime}:`),
    ...command
      .split("\n")
      .flatMap((line) => wrapCommand(plain(line), terminal.columns && terminal.columns - 2, "    "))
      .map((line) => `  ${line}`),
  ]);
}

function notes(report: FitReport, terminal: Terminal, theme: Theme): string[] {
  const lines = reportNotes(report).flatMap((sentence) => wrap(`- ${sentence}`, terminal.columns, "  "));
  return lines.length === 0 ? [] : [theme.heading("Notes:"), ...lines];
}
