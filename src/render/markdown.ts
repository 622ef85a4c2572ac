import type { Change, FitReport, QuantReport } from "../core/report.js";
import { changeColumns, changeGroups } from "./changes.js";
import { reportFacts } from "./facts.js";
import { gb, gib, grouped, plain, rate } from "./format.js";
import { reportNotes } from "./notes.js";
import { recommendedQuality } from "./quality.js";
import { reasoningWords } from "./reasoning.js";
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

type Cell<Item> = readonly [title: string, side: "left" | "right", cell: (item: Item) => string];

/** The report as a Markdown section, for issues and pages. */
export function renderMarkdown(report: FitReport): string {
  const blocks = [
    `## ${escaped(report.model.name)}`,
    reportFacts(report)
      .map(([label, text]) => `- **${label}**: ${escaped(text)}`)
      .join("\n"),
    quantTable(report),
  ];
  for (const { title, changes } of changeGroups(report)) blocks.push(`${escaped(title)}\n\n${changeTable(changes)}`);
  if (report.recommended !== undefined) {
    const quality = recommendedQuality(report);
    const words = quality === undefined ? "" : ` ${escaped(quality)}`;
    blocks.push(
      `**Recommended: ${escaped(report.recommended.quant)}**, ${reasonWords(report.recommended.reason)}.${words}`,
    );
  }
  if (report.reasoning !== undefined) blocks.push(escaped(reasoningWords(report.reasoning)));
  for (const [runtime, command] of shownCommands(report)) {
    const lines = command.split("\n").map(plain).join("\n");
    blocks.push(`${RUNTIME_NAMES[runtime] ?? runtime}:\n\n\`\`\`sh\n${lines}\n\`\`\``);
  }
  const notes = reportNotes(report);
  if (notes.length > 0) blocks.push(notes.map((sentence) => `- ${escaped(sentence)}`).join("\n"));
  return `${blocks.join("\n\n")}\n`;
}

function changeTable(changes: readonly Change[]): string {
  const cells = changeColumns().map(({ head, align, cell }): Cell<Change> => [head.join(" ").trim(), align, cell]);
  return tableOf(cells, changes);
}

function quantTable(report: FitReport): string {
  const memory = (pick: (memory: ReturnType<typeof totals>) => number) => (quant: QuantReport) =>
    gib(pick(totals(quant.required)));
  const cells: Cell<QuantReport>[] = [["Quant", "left", (quant) => quant.quant]];
  if (hasContextRows(report)) cells.push(["Context", "right", (quant) => grouped(quant.contextLength ?? 0)]);
  cells.push(
    ["File GB", "right", (quant) => gb(quant.fileBytes)],
    ["Weights GiB", "right", memory((sum) => sum.weightsBytes)],
    ["Cache GiB", "right", memory((sum) => sum.cacheBytes)],
    ["Compute GiB", "right", memory((sum) => sum.computeBytes)],
    ["Overhead GiB", "right", memory((sum) => sum.overheadBytes)],
    ...(report.extras === undefined
      ? []
      : [["Beside GiB", "right", memory((sum) => sum.extraBytes)] satisfies Cell<QuantReport>]),
    ["Total GiB", "right", memory((sum) => sum.totalBytes)],
    ["Fits?", "left", (quant) => VERDICT_WORDS[quant.verdict]],
    ["Grade", "left", (quant) => quant.grade],
    ["Max context", "right", maxContextWords],
  );
  if (report.quants.some((quant) => quant.speed !== undefined)) {
    const speed = (quant: QuantReport): string =>
      quant.speed === undefined ? "" : rate(quant.speed.decodeTokensPerSecond.expected);
    cells.push(["Tokens/s", "right", speed]);
  }
  if (report.quants.some((quant) => quant.quality !== undefined)) {
    cells.push(["Quality loss", "left", (quant) => quant.quality?.word ?? ""]);
  }
  cells.push(["Plan", "left", planWords]);
  return tableOf(cells, report.quants);
}

function tableOf<Item>(cells: readonly Cell<Item>[], items: readonly Item[]): string {
  const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
  return [
    row(cells.map(([title]) => title)),
    row(cells.map(([, side]) => (side === "left" ? "---" : "--:"))),
    ...items.map((item) => row(cells.map(([, , cell]) => escaped(cell(item))))),
  ].join("\n");
}

/** Nothing in a name may end a cell, start markup or break a line. */
function escaped(text: string): string {
  return plain(text).replace(/[\\|`*<>[\]]/g, "\\$&");
}
