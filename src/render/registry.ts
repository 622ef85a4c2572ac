import type { FitReport } from "../core/report.js";
import { renderCsv } from "./csv.js";
import { renderJson } from "./json.js";
import { renderMarkdown } from "./markdown.js";
import { renderTable } from "./table.js";
import type { Terminal } from "./terminal.js";

/** An output format: the whole report as one text. */
export type Format = (report: FitReport, terminal: Terminal) => string;

/** The formats, by what `--format` calls them. */
export const FORMATS = {
  table: renderTable,
  json: renderJson,
  csv: renderCsv,
  markdown: renderMarkdown,
} as const satisfies Record<string, Format>;

export type FormatId = keyof typeof FORMATS;
export const FORMAT_IDS = Object.keys(FORMATS) as FormatId[];
