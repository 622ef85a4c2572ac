import type { Note } from "../core/note.js";
import { MiB } from "../core/units.js";
import { normalBusId } from "./probe.js";

/** What is asked of `nvidia-smi --query-gpu`. Old drivers refuse the whole query over one unknown field. */
export const QUERY_FIELDS = [
  "index",
  "uuid",
  "name",
  "pci.bus_id",
  "memory.total",
  "memory.reserved",
  "memory.used",
  "memory.free",
  "compute_cap",
  "mig.mode.current",
  "addressing_mode",
] as const;

/** What every driver knows. */
export const REDUCED_FIELDS = ["index", "name", "pci.bus_id", "memory.total", "memory.used", "memory.free"] as const;

/** One card as nvidia-smi tells it. Sizes are bytes; absent is `[N/A]`, `[Not Supported]` and the like. */
export interface NvidiaCard {
  readonly index?: number;
  readonly uuid?: string;
  readonly name: string;
  readonly pciBusId?: string;
  readonly totalBytes?: number;
  readonly reservedBytes?: number;
  readonly usedBytes?: number;
  readonly freeBytes?: number;
  readonly computeCapability?: string;
  readonly mig: boolean;
  /** `ATS` where the CPU and the GPU share page tables (Grace, Thor). */
  readonly addressing?: string;
  /** Memory figures withheld, as inside a MIG container. */
  readonly denied: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `8192 MiB` or, with `nounits`, `8192`. */
export function mebibytes(text: string | undefined): number | undefined {
  const match = /^\s*(\d{1,9})(?:\s*MiB)?\s*$/.exec(text ?? "");
  return match ? Number(match[1]) * MiB : undefined;
}

/** Field names of a header line (`memory.total [MiB]`), when the output begins with one. */
function headerFields(line: string): string[] | undefined {
  const fields = line.split(",").map((field) => field.replace(/\[.*\]/, "").trim());
  return fields.includes("name") || fields.includes("memory.total") ? fields : undefined;
}

/** The text of a field, or nothing for the bracketed ways of saying that there is none. */
const known = (text: string | undefined): string | undefined =>
  text === undefined || text === "" || /^\[.*\]$|^N\/A$/i.test(text) ? undefined : text;

/**
 * Parses the CSV of `--query-gpu` with the given fields, or with those of its own header line.
 * Lines that are not a row (warnings, errors, anything else) are passed over.
 */
export function parseQuery(text: string, asked: readonly string[]): NvidiaCard[] {
  const cards: NvidiaCard[] = [];
  let fields = asked;
  for (const line of text.split("\n")) {
    const header = headerFields(line);
    if (header) {
      fields = header;
      continue;
    }
    const values = line.split(",").map((value) => value.trim());
    if (values.length !== fields.length || values.length < 2) continue;
    const row = new Map(fields.map((field, i) => [field, values[i] ?? ""]));
    const card = cardOf(row);
    if (card) cards.push(card);
  }
  return cards;
}

function cardOf(row: ReadonlyMap<string, string>): NvidiaCard | undefined {
  const index = row.get("index");
  const name = known(row.get("name"));
  const memory = ["memory.total", "memory.used", "memory.free"].map((field) => row.get(field));
  const looksRight = memory.some(
    (value) => value !== undefined && (/^\[.*\]$/.test(value) || mebibytes(value) !== undefined),
  );
  if (name === undefined || !looksRight || (index !== undefined && !/^\d{1,4}$/.test(index))) return undefined;
  const card: Mutable<NvidiaCard> = {
    name: name.slice(0, 80),
    mig: row.get("mig.mode.current") === "Enabled",
    denied: memory.some((value) => /insufficient permissions/i.test(value ?? "")),
  };
  if (index !== undefined) card.index = Number(index);
  const set = <K extends keyof NvidiaCard>(key: K, value: NvidiaCard[K] | undefined): void => {
    if (value !== undefined) card[key] = value;
  };
  set("uuid", known(row.get("uuid")));
  set("pciBusId", normalBusId(row.get("pci.bus_id") ?? ""));
  set("totalBytes", mebibytes(row.get("memory.total")));
  set("reservedBytes", mebibytes(row.get("memory.reserved")));
  set("usedBytes", mebibytes(row.get("memory.used")));
  set("freeBytes", mebibytes(row.get("memory.free")));
  set("computeCapability", known(row.get("compute_cap")));
  set("addressing", known(row.get("addressing_mode")));
  return card;
}

/** Names by index from `nvidia-smi -L`, and the names of the MIG slices below each card, in order. */
export function parseList(text: string): { names: Map<number, string>; slices: Map<number, string[]> } {
  const names = new Map<number, string>();
  const slices = new Map<number, string[]>();
  let current: number | undefined;
  for (const line of text.split("\n")) {
    const gpu = /^GPU (\d+): (.+?) \(UUID: /.exec(line);
    if (gpu) {
      current = Number(gpu[1]);
      names.set(current, gpu[2] ?? "");
      continue;
    }
    const slice = /^\s+MIG (\S+)\s+Device\s+\d+: /.exec(line);
    if (slice && current !== undefined) slices.set(current, [...(slices.get(current) ?? []), slice[1] ?? ""]);
  }
  return { names, slices };
}

/** The sentences of nvidia-smi and what they mean to a user. They come on stdout, with any exit code. */
const FAILURES: ReadonlyArray<readonly [RegExp, string]> = [
  [/Driver\/library version mismatch|Mismatch in versions/i, "NVIDIA_DRIVER_MISMATCH"],
  [/couldn't communicate with the NVIDIA driver/i, "NVIDIA_DRIVER_DOWN"],
  [/No devices were found/i, "NVIDIA_NO_DEVICES"],
  [/blocked by the operating system/i, "NVIDIA_BLOCKED"],
];

/** Notes for the failures that nvidia-smi reports in words; a lost card does not hide the others. */
export function explainFailure(text: string): Note[] {
  const notes: Note[] = [];
  for (const [pattern, code] of FAILURES) if (pattern.test(text)) notes.push({ code, args: {} });
  for (const lost of text.matchAll(/Unable to determine the device handle for (GPU\s?\d*:? ?[0-9A-Fa-f:.]*)/g)) {
    notes.push({ code: "NVIDIA_DEVICE_LOST", args: { device: (lost[1] ?? "GPU").replace(/[: ]+$/, "") } });
  }
  return notes;
}
