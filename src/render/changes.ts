import type { Note } from "../core/note.js";
import type { Change, FitReport, QuantReport } from "../core/report.js";
import type { Column } from "./columns.js";
import { gb, gib, grouped, plain, rate } from "./format.js";
import { VERDICT_WORDS } from "./words.js";

type Args = Note["args"];

const text = (args: Args, key: string): string => plain(String(args[key] ?? ""));
const count = (args: Args, key: string): number => Number(args[key] ?? 0);

/** What a step does, and what it costs, by its code. */
const STEPS: Readonly<
  Record<string, { readonly what: (args: Args) => string; readonly cost: (args: Args) => string }>
> = {
  SHORTER_CONTEXT: {
    what: (args) => `context ${grouped(count(args, "contextLength"))}`,
    cost: () => "less text",
  },
  SMALLER_CACHE: {
    what: (args) => `cache ${text(args, "type")}`,
    cost: (args) => (text(args, "type") === "q8_0" ? "next to no quality" : "quality, more in long texts"),
  },
  SMALLER_UBATCH: { what: (args) => `ubatch ${text(args, "ubatch")}`, cost: () => "slower prompts" },
  FEWER_SEQUENCES: {
    what: (args) =>
      `${text(args, "parallel")} ${count(args, "parallel") === 1 ? "sequence" : "sequences"} in ${grouped(count(args, "contextLength"))} tokens`,
    cost: () => "fewer answers at once",
  },
  SMALLER_QUANT: {
    what: (args) => `${text(args, "quant")} (${gb(count(args, "fileBytes"))} GB)`,
    cost: () => "quality",
  },
  PART_IN_RAM: { what: planned, cost: () => "speed" },
  OTHER_GPU: {
    what: (args) =>
      `${count(args, "count") > 1 ? `${count(args, "count")} x ` : ""}${text(args, "gpu")} (${gib(count(args, "usableBytes") / count(args, "count"))} GiB${count(args, "count") > 1 ? " each" : ""})`,
    cost: () => "money",
  },
};

function planned(args: Args): string {
  const parts: string[] = [];
  const [layers, onGpu] = [count(args, "layers"), count(args, "gpuLayers")];
  if (onGpu < layers) parts.push(`${onGpu} of ${layers} layers on GPU`);
  if (count(args, "cpuMoeLayers") > 0) parts.push(`experts of ${count(args, "cpuMoeLayers")} layers in RAM`);
  else if (count(args, "parts") > 0) parts.push("some experts in RAM");
  if (args["cache"] === "ram") parts.push("cache in RAM");
  return parts.join(", ") || "split over the GPUs";
}

/** All changes of a report: one group per row that has any. */
export function changeGroups(report: FitReport): { readonly title: string; readonly changes: readonly Change[] }[] {
  return report.quants.flatMap((quant) =>
    quant.changes === undefined ? [] : [{ title: title(quant), changes: quant.changes }],
  );
}

function title(quant: QuantReport): string {
  const context = quant.contextLength === undefined ? "" : ` at ${grouped(quant.contextLength)} tokens`;
  return `What would make ${plain(quant.quant)} fit${context}, the cheapest first:`;
}

export function changeColumns(): Column<Change>[] {
  return [
    { head: ["Change", ""], align: "left", priority: 100, cell: changeWords },
    { head: ["Then", ""], align: "left", priority: 90, cell: (change) => VERDICT_WORDS[change.verdict] },
    {
      head: ["Saves", "GiB"],
      align: "right",
      priority: 60,
      cell: (change) => (change.savedBytes > 0 ? gib(change.savedBytes) : "-"),
    },
    {
      head: ["Speed", "tok/s"],
      align: "right",
      priority: 50,
      cell: ({ speed }) => (speed === undefined ? "" : rate(speed.decodeTokensPerSecond.expected)),
    },
    { head: ["Costs", ""], align: "left", priority: 40, cell: costWords },
    { head: ["Options", ""], align: "left", priority: 20, cell: optionWords },
  ];
}

function changeWords({ steps }: Change): string {
  return steps.map(({ code, args }) => STEPS[code]?.what(args) ?? code).join(" and ");
}

function costWords({ steps }: Change): string {
  return [...new Set(steps.map(({ code, args }) => STEPS[code]?.cost(args) ?? ""))]
    .filter((words) => words !== "")
    .join(", ");
}

/** Short spellings, for a column. */
const SHORT: Readonly<Record<string, string>> = {
  ctx: "-c",
  quant: "-q",
  "cache-type-k": "-ctk",
  "cache-type-v": "-ctv",
  "ubatch-size": "-ub",
  parallel: "-np",
  "gpu-layers": "-ngl",
  "n-cpu-moe": "-ncmoe",
  "no-kv-offload": "-nkvo",
  "tensor-split": "-ts",
  "override-tensor": "-ot",
};

/** What to add to the command line. */
function optionWords({ options }: Change): string {
  return Object.entries(options)
    .map(([name, value]) => `${SHORT[name] ?? `--${name}`} ${/[\s\\|()]/.test(value) ? `"${value}"` : value}`)
    .map((words) => plain(words.trim()))
    .join(" ");
}
