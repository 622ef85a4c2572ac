import type { Theme } from "./theme.js";

/** A column of a table of `Row`s. */
export interface Column<Row> {
  /** One or two lines; the second usually is the unit. */
  readonly head: readonly [string, string];
  readonly align: "left" | "right";
  /** Where there is no room the column with the lowest priority goes first. */
  readonly priority: number;
  cell(row: Row): string;
  /** Colour, added after the text has its width. */
  paint?(text: string, row: Row): string;
}

const GAP = "  ";

/**
 * Aligned rows without box lines: a head of two lines and, in a terminal, a rule.
 * @param width drops columns until the rest fits; undefined keeps them all
 */
export function renderColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | undefined,
  theme: Theme,
): string[] {
  const cells = columns.map((column) => rows.map((row) => column.cell(row)));
  const kept = columns
    .map((column, index) => {
      const texts = cells[index] ?? [];
      const size = Math.max(...column.head.map((text) => text.length), ...texts.map((text) => text.length));
      return { column, texts, size };
    })
    // A column that says nothing about any row is no column.
    .filter(({ texts }) => texts.some((text) => text !== ""));
  while (width !== undefined && kept.length > 1 && lineWidth(kept) > width) {
    kept.splice(kept.indexOf(kept.reduce((a, b) => (b.column.priority < a.column.priority ? b : a))), 1);
  }

  const line = (cell: (entry: (typeof kept)[number]) => string): string => kept.map(cell).join(GAP).trimEnd();
  const lines = ([0, 1] as const)
    .map((part) => line(({ column, size }) => align(column.head[part], size, column.align)))
    .filter((head) => head !== "")
    .map((head) => theme.heading(head));
  if (width !== undefined) lines.push(theme.faint("─".repeat(lineWidth(kept))));
  rows.forEach((row, index) => {
    lines.push(
      line(({ column, texts, size }) => {
        const text = align(texts[index] ?? "", size, column.align);
        return column.paint === undefined ? text : column.paint(text, row);
      }),
    );
  });
  return lines;
}

function lineWidth(kept: readonly { readonly size: number }[]): number {
  return kept.reduce((sum, { size }) => sum + size, 0) + GAP.length * (kept.length - 1);
}

function align(text: string, size: number, side: "left" | "right"): string {
  return side === "left" ? text.padEnd(size) : text.padStart(size);
}
