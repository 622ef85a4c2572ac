import { type AmdMemory, APU_TARGETS, apuPool } from "./amd-sysfs.js";
import { type Finding, normalBusId } from "./probe.js";

/** Asks for names, memory and slots. The JSON is the same over ten versions; the tables are not. */
export const ROCM_SMI_ARGS = ["--showproductname", "--showmeminfo", "vram", "gtt", "--showbus", "--json"] as const;

/** The properties of each card, by its number; keys in lower case because their case has changed. */
type Cards = Map<string, Map<string, string>>;

function put(cards: Cards, card: string, key: string, value: string): void {
  const properties = cards.get(card) ?? new Map<string, string>();
  properties.set(key.trim().toLowerCase(), value.trim());
  cards.set(card, properties);
}

/** `{"card0": {"VRAM Total Memory (B)": "21458059264", …}, "system": {…}}`, after warnings. */
function readJson(text: string, cards: Cards): void {
  const start = text.indexOf("{");
  if (start < 0) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.slice(start, text.lastIndexOf("}") + 1));
  } catch {
    return;
  }
  for (const [card, properties] of Object.entries(parsed as Record<string, unknown>)) {
    const number = /^card(\d+)$/.exec(card)?.[1];
    if (number === undefined || properties === null || typeof properties !== "object") continue;
    for (const [key, value] of Object.entries(properties)) put(cards, number, key, String(value));
  }
}

/** `GPU[0] : Card Series: AMD Radeon RX 7600`. */
function readBlocks(text: string, cards: Cards): void {
  for (const line of text.matchAll(/^GPU\[(\d+)\]\s*:\s*([^:]+):(.*)$/gm)) {
    put(cards, line[1] ?? "", line[2] ?? "", line[3] ?? "");
  }
}

/** `device,VRAM Total Memory (B),…` and `card0,21458059264,…`. */
function readCsv(text: string, cards: Cards): void {
  const lines = text.split("\n");
  const header = lines.findIndex((line) => line.startsWith("device,"));
  const keys = (lines[header] ?? "").split(",");
  for (const line of lines.slice(header + 1)) {
    const values = line.split(",");
    const number = /^card(\d+)$/.exec(values[0] ?? "")?.[1];
    if (number === undefined || values.length < keys.length) continue;
    keys.forEach((key, i) => {
      put(cards, number, key, values[i] ?? "");
    });
  }
}

/** Columns two spaces apart: `Device  Node  VRAM Total Memory (B)   VRAM Total Used Memory (B)`. */
function readTable(text: string, cards: Cards): void {
  const lines = text.split("\n").map((line) => line.trim().split(/\s{2,}/));
  const header = lines.findIndex((line) => line[0] === "Device" && line.length > 2);
  const keys = lines[header] ?? [];
  for (const values of lines.slice(header + 1)) {
    const number = /^\d+$/.exec(values[0] ?? "")?.[0];
    if (number === undefined || values.length !== keys.length) continue;
    keys.forEach((key, i) => {
      put(cards, number, key, values[i] ?? "");
    });
  }
}

const bytes = (text: string | undefined): number | undefined =>
  /^\d{6,}$/.test(text ?? "") ? Number(text) : undefined;

/** `0x744c`, `N/A` and the like are no names; a shared name such as `AMD Radeon Graphics` still is one. */
function nameOf(card: ReadonlyMap<string, string>): string | undefined {
  const candidates = ["card series", "device name", "card model"].map((key) => card.get(key));
  return candidates
    .find((name) => name !== undefined && name !== "" && !/^(?:0x[0-9a-f]+|n\/a)$/i.test(name))
    ?.slice(0, 80);
}

/**
 * Parses what rocm-smi prints: JSON, the `GPU[0] :` blocks, CSV or columns. Without totals (as with
 * `--showmemuse`) there are findings without memory, which other probes may fill.
 */
export function parseRocmSmi(text: string, availableRam?: number): Finding[] {
  const cards: Cards = new Map();
  for (const read of [readJson, readBlocks, readCsv, readTable]) {
    read(text, cards);
    if (cards.size > 0) break;
  }
  return [...cards.values()].map((card) => {
    const name = nameOf(card);
    const pciBusId = normalBusId(card.get("pci bus") ?? "");
    const target = /^gfx[0-9a-f]+$/.exec(card.get("gfx version") ?? "")?.[0];
    const total = bytes(card.get("vram total memory (b)"));
    const used = bytes(card.get("vram total used memory (b)")) ?? (total === undefined ? undefined : 0);
    const base: Finding = {
      source: "rocm-smi",
      vendor: "amd",
      ...(name === undefined ? {} : { name }),
      ...(pciBusId === undefined ? {} : { pciBusId }),
      ...(target === undefined ? {} : { computeCapability: target }),
    };
    if (total === undefined || used === undefined) return base;
    if (target !== undefined && APU_TARGETS.has(target)) {
      const gttTotal = bytes(card.get("gtt total memory (b)"));
      const gttUsed = bytes(card.get("gtt total used memory (b)"));
      const memory: AmdMemory = {
        vramTotal: total,
        vramUsed: used,
        ...(gttTotal === undefined ? {} : { gttTotal }),
        ...(gttUsed === undefined ? {} : { gttUsed }),
      };
      return { ...base, unified: true, ...apuPool(memory, target, availableRam) };
    }
    return { ...base, totalBytes: total, usedBytes: used, freeBytes: Math.max(0, total - used) };
  });
}
