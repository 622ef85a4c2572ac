import type { Verdict } from "../core/report.js";
import type { Column } from "./columns.js";
import { gb, gib, grouped, plain } from "./format.js";
import { VERDICT_WORDS } from "./words.js";

/** One quantization of an installed model with its verdict, or why there is none. */
export interface InstalledModel {
  /** What to type for the whole report. */
  readonly model: string;
  readonly quant?: string;
  readonly fileBytes?: number;
  readonly contextLength?: number;
  /** Of all devices, or of the host where there is none. */
  readonly totalBytes?: number;
  readonly verdict?: Verdict;
  readonly maxContextLength?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

export function installedColumns(): Column<InstalledModel>[] {
  const figure = (value: number | undefined, show: (value: number) => string): string =>
    value === undefined ? "" : show(value);
  return [
    { head: ["Model", ""], align: "left", priority: 100, cell: (row) => plain(row.model) },
    { head: ["Quant", ""], align: "left", priority: 80, cell: (row) => plain(row.quant ?? "") },
    { head: ["File", "GB"], align: "right", priority: 40, cell: (row) => figure(row.fileBytes, gb) },
    { head: ["Context", "tokens"], align: "right", priority: 50, cell: (row) => figure(row.contextLength, grouped) },
    { head: ["Total", "GiB"], align: "right", priority: 70, cell: (row) => figure(row.totalBytes, gib) },
    {
      head: ["Fits?", ""],
      align: "left",
      priority: 90,
      cell: (row) => (row.verdict === undefined ? plain(row.error?.message ?? "") : VERDICT_WORDS[row.verdict]),
    },
    {
      head: ["Max ctx", "tokens"],
      align: "right",
      priority: 60,
      cell: (row) => figure(row.maxContextLength, (most) => (most === 0 ? "-" : grouped(most))),
    },
  ];
}
