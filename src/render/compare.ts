import type { Compared, Comparison } from "../core/compare.js";
import type { Column } from "./columns.js";
import { hardwareFacts } from "./facts.js";
import { gb, gib, grouped, parameterCount, plain, rate } from "./format.js";
import { renderList } from "./list.js";
import type { FormatId } from "./registry.js";
import type { Terminal } from "./terminal.js";
import { maxContextWords, totals, VERDICT_WORDS } from "./words.js";

/** What is said of every model, a line each: the models are the columns. */
const LINES: readonly (readonly [label: string, cell: (compared: Compared) => string])[] = [
  ["Parameters", ({ model }) => parameterCount(model.parameters)],
  ["Active", ({ model }) => (model.activeParameters === undefined ? "all" : parameterCount(model.activeParameters))],
  ["For", ({ tags }) => tags.join(" ")],
  ["Licence", ({ model }) => plain(model.license ?? "")],
  ["Commercial use", ({ commercial }) => commercial],
  ["Released", ({ released }) => released ?? ""],
  ["Trained for, tokens", ({ model }) => grouped(model.contextLength)],
  ["Pick here", ({ pick }) => plain(pick.quant)],
  ["Quality loss", ({ pick }) => pick.quality?.word ?? ""],
  ["File, GB", ({ pick }) => gb(pick.fileBytes)],
  ["Context, tokens", ({ pick }) => grouped(pick.contextLength ?? 0)],
  ["Cache, GiB", ({ cacheBytes }) => gib(cacheBytes)],
  ["GPU memory, GiB", ({ pick }) => gib(totals(pick.required).totalBytes)],
  ["Fits?", ({ pick }) => VERDICT_WORDS[pick.verdict]],
  ["Grade", ({ pick }) => pick.grade],
  ["Max context", ({ pick }) => maxContextWords(pick)],
  ["Tokens/s", ({ pick }) => (pick.speed === undefined ? "" : rate(pick.speed.decodeTokensPerSecond.expected))],
];

type Line = (typeof LINES)[number];

export function renderComparison(comparison: Comparison, format: FormatId, terminal: Terminal): string {
  if (format === "json") return `${JSON.stringify(comparison, undefined, 2)}\n`;
  const { models, tool, settings } = comparison;
  const lines = LINES.filter(([, cell]) => models.some((compared) => cell(compared) !== ""));
  const tables = (each: number): string[] =>
    chunks(models, each).map((some) =>
      renderList({ name: "models", items: lines, columns: columns(some), tool }, format, {
        ...terminal,
        columns: undefined,
      }),
    );
  const table = (format === "table" ? narrow(tables, models.length, terminal.columns) : tables(models.length)).join(
    "\n",
  );
  if (format === "csv") return table;
  const facts = [
    ...hardwareFacts(comparison.hardware),
    ["Context", `${grouped(settings.contextLength)} tokens, cache ${settings.cacheTypeK}`] as const,
    ["Data", `of ${tool.dataDate}`] as const,
  ];
  const head =
    format === "markdown"
      ? facts.map(([label, text]) => `- **${label}**: ${text}`)
      : facts.map(([label, text]) => label.padEnd(10) + text);
  return `${head.join("\n")}\n\n${table}`;
}

/** As many models beside each other as there is room for; the rest below. */
function narrow(tables: (each: number) => string[], count: number, width: number | undefined): string[] {
  for (let each = count; each > 1; each--) {
    const made = tables(each);
    const widest = Math.max(...made.flatMap((table) => table.split("\n").map((line) => line.length)));
    if (width === undefined || widest <= width) return made;
  }
  return tables(1);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function columns(models: readonly Compared[]): Column<Line>[] {
  const labels: Column<Line> = { head: ["", ""], align: "left", priority: 1, cell: ([label]) => label };
  return [
    labels,
    ...models.map(
      (compared): Column<Line> => ({
        head: [plain(compared.model.id), ""],
        align: "left",
        priority: 1,
        cell: ([, cell]) => cell(compared),
      }),
    ),
  ];
}
