import type { Column } from "./columns.js";
import { grouped, parameterCount, plain } from "./format.js";

/** What the list shows of a model. */
export interface ListedModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly contextLength: number;
  readonly tags: readonly string[];
  readonly license?: string;
  /** The best quantization that fits, where that was asked. */
  readonly fits?: string;
}

/** Aliases shown of each model; there may be a dozen. */
const SHOWN_ALIASES = 2;

export function modelColumns(): Column<ListedModel>[] {
  return [
    { head: ["Model", ""], align: "left", priority: 100, cell: (model) => plain(model.id) },
    { head: ["Parameters", ""], align: "right", priority: 90, cell: (model) => parameterCount(model.parameters) },
    {
      head: ["Active", ""],
      align: "right",
      priority: 40,
      cell: ({ activeParameters: active }) => (active === undefined ? "" : parameterCount(active)),
    },
    { head: ["Context", "tokens"], align: "right", priority: 80, cell: (model) => grouped(model.contextLength) },
    { head: ["Fits", ""], align: "left", priority: 95, cell: ({ fits }) => plain(fits ?? "") },
    { head: ["Licence", ""], align: "left", priority: 60, cell: (model) => plain(model.license ?? "") },
    { head: ["For", ""], align: "left", priority: 50, cell: (model) => model.tags.join(" ") },
    {
      head: ["Also known as", ""],
      align: "left",
      priority: 10,
      cell: (model) => model.aliases.slice(0, SHOWN_ALIASES).map(plain).join(", "),
    },
  ];
}
