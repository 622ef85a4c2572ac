import type { QuantNeeds } from "../core/needs.js";
import type { FitReport } from "../core/report.js";
import type { Settings } from "../core/settings.js";
import { cardWords, publishedGroups } from "./cards-for.js";
import { type Column, renderColumns } from "./columns.js";
import { gb, gib, grouped, plain } from "./format.js";
import { renderList } from "./list.js";
import type { FormatId } from "./registry.js";
import type { Terminal } from "./terminal.js";
import { createTheme } from "./theme.js";
import { wrap } from "./wrap.js";

/** The memory that a model needs. */
export interface NeedsReport {
  readonly schemaVersion: 1;
  readonly tool: FitReport["tool"];
  readonly model: { readonly id: string; readonly name: string };
  readonly settings: Settings;
  readonly quants: readonly QuantNeeds[];
}

/** Cards named of the smallest size; the rest is counted. */
const NAMED = 3;

export function renderNeeds(report: NeedsReport, format: FormatId, terminal: Terminal): string {
  const minimum = minimumOf(report.quants);
  if (format === "json") {
    const quants = report.quants.map(({ cards, ...quant }) => ({
      ...quant,
      ...(cards === undefined ? {} : { cards: publishedGroups([cards])[0] }),
    }));
    const { quant, contextLength, vramBytes, ramBytes, ramWithoutGpuBytes } = minimum;
    const least = { quant, contextLength, vramBytes, ramBytes, ramWithoutGpuBytes };
    return `${JSON.stringify({ ...report, quants, minimum: least }, undefined, 2)}\n`;
  }
  const columns = columnsOf(report);
  const list = { name: "quants", items: report.quants, columns, tool: report.tool };
  if (format === "csv") return renderList(list, format, terminal);
  const { settings } = report;
  const title = `What ${plain(report.model.name)} needs to run whole on one GPU, cache ${settings.cacheTypeK}, ${gib(settings.marginBytes)} GiB kept free`;
  const least = `At least: ${gib(minimum.vramBytes)} GiB of GPU memory and ${gib(minimum.ramBytes)} GiB of RAM, or ${gib(minimum.ramWithoutGpuBytes)} GiB of RAM without a GPU (${plain(minimum.quant)} at ${grouped(minimum.contextLength)} tokens).`;
  if (format === "markdown") return `## ${title}\n\n${renderList(list, format, terminal)}\n${least}\n`;
  const theme = createTheme(terminal.color);
  return `${[
    ...wrap(title, terminal.columns).map((line) => theme.heading(line)),
    "",
    ...renderColumns(columns, report.quants, terminal.columns, theme),
    "",
    ...wrap(least, terminal.columns),
  ].join("\n")}\n`;
}

function minimumOf(quants: readonly QuantNeeds[]): QuantNeeds {
  return quants.reduce((least, quant) => (quant.vramBytes < least.vramBytes ? quant : least));
}

function columnsOf({ quants }: NeedsReport): Column<QuantNeeds>[] {
  const contexts = new Set(quants.map(({ contextLength }) => contextLength));
  const context: Column<QuantNeeds> = {
    head: ["Context", "tokens"],
    align: "right",
    priority: 95,
    cell: ({ contextLength }) => grouped(contextLength),
  };
  return [
    { head: ["Quant", ""], align: "left", priority: 100, cell: ({ quant }) => plain(quant) },
    ...(contexts.size > 1 ? [context] : []),
    { head: ["File", "GB"], align: "right", priority: 50, cell: ({ fileBytes }) => gb(fileBytes) },
    { head: ["GPU", "GiB"], align: "right", priority: 90, cell: ({ vramBytes }) => gib(vramBytes) },
    { head: ["and RAM", "GiB"], align: "right", priority: 60, cell: ({ ramBytes }) => gib(ramBytes) },
    {
      head: ["or RAM", "alone"],
      align: "right",
      priority: 55,
      cell: ({ ramWithoutGpuBytes }) => gib(ramWithoutGpuBytes),
    },
    { head: ["Smallest cards", ""], align: "left", priority: 80, cell: smallest },
  ];
}

function smallest({ cards }: QuantNeeds): string {
  if (cards === undefined) return "no single card";
  const more = cards.cards.length - NAMED;
  const names = cards.cards.slice(0, NAMED).map(cardWords).join(", ");
  return `${cards.memoryGiB} GiB: ${names}${more > 0 ? ` and ${more} more` : ""}`;
}
