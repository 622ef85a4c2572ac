import type { CardQuant, MeasuredSpeed, ModelCard, Need, Relative } from "../core/card.js";
import { commercialWords, kindWords, sideLines } from "./card-words.js";
import { publishedGroups, someCards } from "./cards-for.js";
import type { Column } from "./columns.js";
import { renderColumns } from "./columns.js";
import { gb, gib, grouped, parameterCount, plain } from "./format.js";
import { markdownTable } from "./list.js";
import { originWords, rangeWords } from "./quality.js";
import type { Terminal } from "./terminal.js";
import { createTheme } from "./theme.js";
import { RUNTIME_NAMES } from "./words.js";
import { wrap, wrapCommand } from "./wrap.js";

export type CardFormat = "table" | "markdown" | "json";

/** Cards named of the smallest size that takes a model. */
const NAMED = 4;
/** Relatives named at most. */
const SIBLINGS = 12;

/** A part of the page: lines, or a table. */
interface Section {
  readonly title: string;
  readonly lines?: readonly string[];
  readonly table?: { readonly columns: readonly Column<never>[]; readonly rows: readonly never[] };
  readonly commands?: readonly string[];
}

export function renderCard(card: ModelCard, format: CardFormat, terminal: Terminal): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(published(card), undefined, 2)}\n`;
    case "markdown":
      return markdown(card);
    case "table":
      return page(card, terminal);
  }
}

function page(card: ModelCard, terminal: Terminal): string {
  const theme = createTheme(terminal.color);
  const blocks = [
    [theme.heading(title(card)), ...positioning(card).flatMap((line) => wrap(line, terminal.columns))],
    ...sections(card).map((section) => [
      theme.heading(`${section.title}:`),
      ...(section.lines ?? []).flatMap((line) => wrap(`- ${line}`, terminal.columns, "  ")),
      ...(section.table ? renderColumns(section.table.columns, section.table.rows, terminal.columns, theme) : []),
      ...(section.commands ?? [])
        .flatMap((line) => wrapCommand(line, terminal.columns && terminal.columns - 2, "    "))
        .map((line) => `  ${line}`),
    ]),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function markdown(card: ModelCard): string {
  const escaped = (text: string): string => text.replace(/[\\|*<>[\]]/g, "\\$&");
  const blocks = [
    `# ${escaped(title(card))}`,
    positioning(card).map(escaped).join(" "),
    ...sections(card).map((section) =>
      [
        `## ${section.title}\n`,
        ...(section.lines ?? []).map((line) => `- ${escaped(line)}`),
        ...(section.table ? [markdownTable(section.table.columns, section.table.rows)] : []),
        ...(section.commands ? ["```sh", ...section.commands, "```"] : []),
      ].join("\n"),
    ),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function title({ model }: ModelCard): string {
  return model.id === model.name ? plain(model.name) : `${plain(model.name)} (${plain(model.id)})`;
}

function positioning(card: ModelCard): string[] {
  return [`${kindWords(card)}.`, ...(card.prose.about === undefined ? [] : [plain(card.prose.about)])];
}

function sections(card: ModelCard): Section[] {
  const all: Section[] = [
    { title: "In short", lines: answers(card) },
    { title: "Strengths", lines: sideLines(card, "strengths") },
    { title: "Limitations", lines: sideLines(card, "limitations") },
    { title: "What breaks first", lines: sideLines(card, "breaksFirst") },
    { title: "Common mistakes", lines: sideLines(card, "mistakes") },
    { title: "Licence and lineage", lines: lineage(card) },
    { title: "Hardware", lines: hardware(card) },
    {
      title: `Quantizations at ${grouped(card.context.contextLength)} tokens`,
      table: section(quantColumns(), card.quants),
    },
    { title: "Measured speeds", ...speeds(card) },
    { title: "Worth comparing", lines: compare(card) },
    { title: "How to run it", ...(card.commands ? { commands: commands(card.commands) } : {}) },
    { title: "Remarks", lines: card.remarks.map(plain) },
    { title: "Sources", lines: sources(card) },
  ];
  return all.filter(
    ({ lines, table, commands: run }) =>
      (lines?.length ?? 0) > 0 || (table?.rows.length ?? 0) > 0 || (run?.length ?? 0) > 0,
  );
}

/** The types of a section's table are nobody else's business. */
function section<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): NonNullable<Section["table"]> {
  return { columns: columns as unknown as Column<never>[], rows: rows as unknown as never[] };
}

/** The three questions that are asked first. */
function answers(card: ModelCard): string[] {
  const { minimum } = card.hardware;
  return [
    ...(minimum === undefined
      ? []
      : [
          `GPU memory at least: ${gib(minimum.totalBytes)} GiB (${plain(minimum.quant)}, ${grouped(minimum.contextLength)} tokens)`,
        ]),
    `Commercial use: ${commercialWords(card.license.commercial)}`,
    `Context: trained for ${grouped(card.context.trained)} tokens; the cache takes ${gib(card.context.cacheBytes)} GiB at ${grouped(card.context.contextLength)} in F16`,
  ];
}

function lineage({ license, lineage: kin, model }: ModelCard): string[] {
  const siblings = kin.siblings.slice(0, SIBLINGS).map(plain).join(", ");
  const more = kin.siblings.length - SIBLINGS;
  return [
    ...(license.name === undefined ? [] : [`Licence: ${plain(license.name)}`]),
    ...(model.released === undefined ? [] : [`Released: ${plain(model.released)}`]),
    ...(kin.base === undefined ? [] : [`Made from: ${plain(kin.base)}`]),
    ...(kin.teacher === undefined ? [] : [`Teacher: ${plain(kin.teacher)}`]),
    ...(siblings === ""
      ? []
      : [`Family ${plain(model.family ?? "")}: ${siblings}${more > 0 ? ` and ${more} more` : ""}`]),
    ...(model.repository === undefined ? [] : [`Weights: huggingface.co/${plain(model.repository)}`]),
    ...(model.ollama === undefined ? [] : [`Ollama: ${plain(model.ollama)}`]),
  ];
}

function hardware({ hardware: { minimum, comfortable } }: ModelCard): string[] {
  return [
    ...(minimum ? [`Minimum: ${needWords(minimum)}`] : []),
    ...(comfortable ? [`Comfortable: ${needWords(comfortable)}`] : []),
  ];
}

function needWords({ quant, contextLength, totalBytes, groups: [smallest] }: Need): string {
  const what = `${plain(quant)} at ${grouped(contextLength)} tokens takes ${gib(totalBytes)} GiB`;
  if (smallest === undefined) return `${what}: no single card of the catalog has that`;
  return `${what}: a card of ${smallest.memoryGiB} GiB, such as ${someCards(smallest.cards, NAMED)}`;
}

function quantColumns(): Column<CardQuant>[] {
  return [
    { head: ["Quant", ""], align: "left", priority: 100, cell: ({ quant }) => plain(quant) },
    { head: ["Bits", "per weight"], align: "right", priority: 40, cell: (quant) => quant.bitsPerWeight.toFixed(2) },
    { head: ["File", "GB"], align: "right", priority: 80, cell: (quant) => gb(quant.fileBytes) },
    { head: ["GPU memory", "GiB"], align: "right", priority: 90, cell: (quant) => gib(quant.totalBytes) },
    { head: ["Quality", "loss"], align: "left", priority: 70, cell: ({ quality }) => quality?.word ?? "" },
    {
      head: ["Perplexity", "%"],
      align: "left",
      priority: 60,
      cell: ({ quality }) => {
        const range = quality?.perplexityIncreasePercent;
        return range ? rangeWords(range, true) : "";
      },
    },
    { head: ["Measured on", ""], align: "left", priority: 20, cell: ({ quality }) => originWords(quality) },
  ];
}

function speeds(card: ModelCard): Pick<Section, "lines" | "table"> {
  if (card.speeds.length > 0) return { table: section(speedColumns(), card.speeds) };
  return { lines: ["None known."] };
}

function speedColumns(): Column<MeasuredSpeed>[] {
  return [
    { head: ["GPU", ""], align: "left", priority: 100, cell: ({ gpu }) => plain(gpu) },
    { head: ["Quant", ""], align: "left", priority: 90, cell: ({ quant }) => plain(quant) },
    {
      head: ["Tokens/s", ""],
      align: "right",
      priority: 95,
      cell: ({ tokensPerSecond: { low, high } }) => (low === high ? String(low) : `${low}-${high}`),
    },
    { head: ["Runtime", ""], align: "left", priority: 50, cell: ({ runtime }) => plain(runtime) },
    {
      head: ["Context", "up to"],
      align: "right",
      priority: 40,
      cell: ({ contextLength }) => (contextLength === undefined ? "" : grouped(contextLength)),
    },
    { head: ["Source", ""], align: "left", priority: 30, cell: ({ source }) => plain(source) },
  ];
}

function compare({ compare: { same, smaller, larger } }: ModelCard): string[] {
  const names = (models: readonly Relative[]): string =>
    models.map(({ id, parameters }) => `${plain(id)} (${parameterCount(parameters)})`).join(", ");
  const line = (words: string, models: readonly Relative[]): string[] =>
    models.length === 0 ? [] : [`${words}: ${names(models)}`];
  return [...line("Of its size", same), ...line("A size below", smaller), ...line("A size above", larger)];
}

function commands(run: NonNullable<ModelCard["commands"]>): string[] {
  return Object.entries(run).flatMap(([runtime, text]) => [
    `# ${RUNTIME_NAMES[runtime] ?? runtime}`,
    ...text.split("\n").map(plain),
  ]);
}

function sources(card: ModelCard): string[] {
  const lines = Object.entries(card.sources).map(([group, source]) => {
    const text = typeof source === "string" ? source : source.join(", ");
    return `${group}: ${plain(text)}`;
  });
  return [...lines, `data of ${card.tool.dataDate}`];
}

/** The card as JSON readers get it. */
function published({ hardware: { minimum, comfortable }, ...card }: ModelCard): unknown {
  const need = (one: Need): unknown => ({ ...one, groups: publishedGroups(one.groups) });
  return {
    ...card,
    hardware: {
      ...(minimum ? { minimum: need(minimum) } : {}),
      ...(comfortable ? { comfortable: need(comfortable) } : {}),
    },
    answers: {
      ...(minimum ? { minimumBytes: minimum.totalBytes } : {}),
      commercialUse: card.license.commercial,
      contextLength: card.context.trained,
    },
  };
}
