import type { FitReport } from "../core/report.js";
import { type Column, renderColumns } from "./columns.js";
import { plain } from "./format.js";
import type { FormatId } from "./registry.js";
import type { Terminal } from "./terminal.js";
import { createTheme } from "./theme.js";

/** A list of the catalog: what it holds and how it is laid out. */
export interface List<Item> {
  /** The name of the list in JSON. */
  readonly name: string;
  readonly items: readonly Item[];
  readonly columns: readonly Column<Item>[];
  /** What every JSON answer carries. */
  readonly tool: FitReport["tool"];
}

/** A list in any of the output formats. */
export function renderList<Item>(list: List<Item>, format: FormatId, terminal: Terminal): string {
  switch (format) {
    case "json":
      return `${JSON.stringify({ schemaVersion: 1, tool: list.tool, [list.name]: list.items }, undefined, 2)}\n`;
    case "table":
      return `${renderColumns(list.columns, list.items, terminal.columns, createTheme(terminal.color)).join("\n")}\n`;
    case "csv":
      return lines(list, (texts) =>
        texts.map((text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(","),
      );
    case "markdown":
      return markdownTable(list.columns, list.items);
  }
}

/** Rows as a table of Markdown, a line break at the end. */
export function markdownTable<Item>(columns: readonly Column<Item>[], items: readonly Item[]): string {
  const rule = columns.map((column) => (column.align === "left" ? "---" : "--:")).join(" | ");
  const [head = "", ...rows] = lines(
    { columns, items },
    (texts) => `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`,
  ).split("\n");
  return [head, `| ${rule} |`, ...rows].join("\n");
}

/** A line of titles with their units, then one per item. */
function lines<Item>(list: Pick<List<Item>, "columns" | "items">, join: (texts: readonly string[]) => string): string {
  const titles = list.columns.map(({ head }) => head.filter((part) => part !== "").join(" "));
  const rows = list.items.map((item) => list.columns.map((column) => plain(column.cell(item))));
  return [titles, ...rows].map((texts) => `${join(texts)}\n`).join("");
}
