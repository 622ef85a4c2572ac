import type { Card, CardGroup } from "../core/hardware-fit.js";
import type { FitReport } from "../core/report.js";
import type { Settings } from "../core/settings.js";
import type { Column } from "./columns.js";
import { gb, grouped, plain } from "./format.js";
import { renderList } from "./list.js";
import type { FormatId } from "./registry.js";
import type { Terminal } from "./terminal.js";
import { wrap } from "./wrap.js";

/** Which cards take the quantizations of a model whole. */
export interface CardsReport {
  readonly schemaVersion: 1;
  readonly tool: FitReport["tool"];
  readonly model: { readonly id: string; readonly name: string };
  readonly settings: Settings;
  readonly quants: readonly CardsOfQuant[];
}

export interface CardsOfQuant {
  readonly quant: string;
  readonly fileBytes: number;
  /** Smallest first. */
  readonly groups: readonly CardGroup[];
}

/** Cards named of the smallest size, and how many in a terminal narrower than this; the rest is counted. */
const NAMED = 3;
const NARROW = 120;
/** Cards listed of each size of memory; Markdown lists them all. */
const LISTED = 12;
/** Sizes of memory whose cards are listed below the table, from the smallest that takes anything. */
const SIZES = 6;

export function renderCardsFor(report: CardsReport, format: FormatId, terminal: Terminal): string {
  if (format === "json") return `${JSON.stringify(published(report), undefined, 2)}\n`;
  const named = (terminal.columns ?? NARROW) < NARROW ? 1 : NAMED;
  const list = { name: "quants", items: report.quants, columns: columns(named), tool: report.tool };
  const table = renderList(list, format, terminal);
  if (format === "csv") return table;
  const { contextLength, cacheTypeK } = report.settings;
  const title = `Cards that take ${plain(report.model.name)} whole at ${grouped(contextLength)} tokens, cache ${cacheTypeK}`;
  const sizes = sizesOf(report.quants);
  if (format === "markdown") {
    const bySize = sizes.map(([size, cards]) => `- **${size} GiB**: ${cards.map(cardWords).join(", ")}`);
    return `## ${title}\n\n${table}\n${bySize.join("\n")}\n`;
  }
  const bySize = sizes.flatMap(([size, cards]) =>
    wrap(`${`${size} GiB`.padEnd(8)}${someCards(cards, LISTED)}`, terminal.columns, " ".repeat(8)),
  );
  const rest = bySize.length === 0 ? "" : `\nCards by memory, prices at launch where known:\n${bySize.join("\n")}\n`;
  return `${wrap(title, terminal.columns).join("\n")}\n\n${table}${rest}\nData of ${report.tool.dataDate}\n`;
}

function columns(named: number): Column<CardsOfQuant>[] {
  return [
    { head: ["Quant", ""], align: "left", priority: 100, cell: ({ quant }) => plain(quant) },
    { head: ["File", "GB"], align: "right", priority: 50, cell: ({ fileBytes }) => gb(fileBytes) },
    {
      head: ["From", "GiB"],
      align: "right",
      priority: 90,
      cell: ({ groups }) => (groups[0] === undefined ? "none" : String(groups[0].memoryGiB)),
    },
    { head: ["Smallest cards", ""], align: "left", priority: 80, cell: ({ groups }) => smallest(groups[0], named) },
  ];
}

function smallest(group: CardGroup | undefined, named: number): string {
  if (group === undefined) return "no single card";
  return someCards(group.cards, named);
}

/** The first cards by name; the rest is counted. */
export function someCards(cards: readonly Card[], count: number): string {
  const names = cards.slice(0, count).map(cardWords).join(", ");
  const more = cards.length - count;
  return more > 0 ? `${names} and ${more} more` : names;
}

/** The cards of each size of memory that takes something, whatever it takes. */
function sizesOf(quants: readonly CardsOfQuant[]): [size: number, cards: readonly Card[]][] {
  const cards = new Map<number, Map<string, Card>>();
  for (const { groups } of quants) {
    for (const group of groups) {
      const known = cards.get(group.memoryGiB) ?? new Map<string, Card>();
      for (const card of group.cards) known.set(card.id, card);
      cards.set(group.memoryGiB, known);
    }
  }
  return [...cards]
    .sort(([a], [b]) => a - b)
    .slice(0, SIZES)
    .map(([size, known]) => [size, [...known.values()]]);
}

/** `GeForce RTX 4090 ($1,600)`; the maker's name goes without saying. */
export function cardWords({ name, priceUsd }: Card): string {
  const short = plain(name).replace(/^(NVIDIA|AMD|Intel|Apple) /, "");
  return priceUsd === undefined ? short : `${short} ($${grouped(priceUsd)})`;
}

/** Cards as JSON readers get them: what the catalog says, without the pretend device. */
export function publishedGroups(groups: readonly CardGroup[]): unknown[] {
  return groups.map(({ memoryGiB, cards }) => ({
    memoryGiB,
    cards: cards.map(({ id, name, priceUsd, laptop, device }) => ({
      id,
      name,
      vendor: device.vendor,
      laptop,
      usableBytes: device.usableBytes,
      ...(priceUsd === undefined ? {} : { priceUsd }),
    })),
  }));
}

function published(report: CardsReport): unknown {
  return { ...report, quants: report.quants.map((quant) => ({ ...quant, groups: publishedGroups(quant.groups) })) };
}
