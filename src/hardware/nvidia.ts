import type { Note } from "../core/note.js";
import { explainFailure, type NvidiaCard, parseList, parseQuery, QUERY_FIELDS, REDUCED_FIELDS } from "./nvidia-smi.js";
import { parseTable } from "./nvidia-table.js";
import { type FramebufferUse, parseXml } from "./nvidia-xml.js";
import { type Finding, type ProbeResult, type System, toolTrouble } from "./probe.js";
import { visibleCards } from "./visible-devices.js";

const TOOL = "nvidia-smi";

/** Parts whose memory is the host's RAM, by the names their drivers give: `Orin (nvgpu)`, `NVIDIA GB10`. */
const UNIFIED_NAMES = /\(nvgpu\)|\b(?:GB10|N1X?|Thor|Orin|Xavier|Tegra)\b/i;

const query = (fields: readonly string[]): string[] => [
  `--query-gpu=${fields.join(",")}`,
  "--format=csv,noheader,nounits",
];

/** True for a GPU on the host's RAM: the driver has no figure of its own, or one far too small to be it. */
function isUnified(card: NvidiaCard, hostBytes: number): boolean {
  if (UNIFIED_NAMES.test(card.name)) return true;
  if (card.denied || card.mig) return false;
  // Grace Hopper is ATS too, but tells its HBM.
  return card.totalBytes === undefined || (card.addressing === "ATS" && card.totalBytes * 8 < hostBytes);
}

/** A card as found; on the host's RAM, as llama.cpp counts it: all of it, free what is available. */
function findingOf(card: NvidiaCard, system: System): Finding {
  const base: Finding = {
    source: TOOL,
    vendor: "nvidia",
    name: card.name,
    ...(card.pciBusId === undefined ? {} : { pciBusId: card.pciBusId }),
    ...(card.computeCapability === undefined ? {} : { computeCapability: card.computeCapability }),
  };
  if (isUnified(card, system.host.totalBytes)) {
    const { totalBytes, availableBytes } = system.host;
    return {
      ...base,
      unified: true,
      totalBytes,
      ...(availableBytes === undefined ? {} : { freeBytes: availableBytes }),
    };
  }
  return {
    ...base,
    ...(card.totalBytes === undefined ? {} : { totalBytes: card.totalBytes }),
    ...(card.reservedBytes === undefined ? {} : { reservedBytes: card.reservedBytes }),
    ...(card.usedBytes === undefined ? {} : { usedBytes: card.usedBytes }),
    ...(card.freeBytes === undefined ? {} : { freeBytes: card.freeBytes }),
  };
}

/** The slice a program gets. CUDA shows a program one slice only, so the largest stands for the card. */
async function largestSlice(card: NvidiaCard, system: System): Promise<{ finding?: Finding; note: Note }> {
  const [xml, list] = await Promise.all([system.run(TOOL, ["-q", "-x"]), system.run(TOOL, ["-L"])]);
  const slices = parseXml(xml.stdout).find((one) => one.pciBusId === card.pciBusId)?.slices ?? [];
  const names = parseList(list.stdout).slices.get(card.index ?? 0) ?? [];
  const sized = slices
    .map((slice, i) => ({ slice, name: names[i] }))
    .filter(
      (one): one is { slice: FramebufferUse & { totalBytes: number }; name: string | undefined } =>
        one.slice.totalBytes !== undefined,
    )
    .sort((a, b) => b.slice.totalBytes - a.slice.totalBytes);
  const [best] = sized;
  if (best === undefined) return { note: { code: "MIG_UNKNOWN", args: { name: card.name } } };
  const sliceName = best.name === undefined ? `${card.name} MIG` : `${card.name} MIG ${best.name}`;
  return {
    finding: {
      source: `${TOOL} -q -x`,
      vendor: "nvidia",
      name: sliceName,
      ...(card.pciBusId === undefined ? {} : { pciBusId: card.pciBusId }),
      ...(card.computeCapability === undefined ? {} : { computeCapability: card.computeCapability }),
      ...best.slice,
    },
    note: { code: "MIG_SLICES", args: { name: card.name, count: sized.length, slice: sliceName } },
  };
}

interface Cards {
  readonly cards: readonly NvidiaCard[];
  readonly notes: readonly Note[];
}

/** Asks in full, then for what every driver knows, then for the table that every version prints. */
async function cardsOf(system: System): Promise<Cards> {
  const full = await system.run(TOOL, query(QUERY_FIELDS));
  const cards = parseQuery(full.stdout, QUERY_FIELDS);
  const explained = explainFailure(full.stdout + full.stderr);
  if (cards.length > 0 || full.status !== "exited") {
    return { cards, notes: cards.length > 0 ? explained : toolTrouble(TOOL, full) };
  }
  if (explained.length > 0) return { cards, notes: explained };

  const reduced = await system.run(TOOL, query(REDUCED_FIELDS));
  const reducedCards = parseQuery(reduced.stdout, REDUCED_FIELDS);
  if (reducedCards.length > 0) return { cards: reducedCards, notes: explainFailure(reduced.stdout) };
  if (reduced.status === "timeout") return { cards: [], notes: toolTrouble(TOOL, reduced) };

  const [table, list] = await Promise.all([system.run(TOOL, []), system.run(TOOL, ["-L"])]);
  const { names } = parseList(list.stdout);
  const tableCards = parseTable(table.stdout).map((card) => ({
    ...card,
    name: names.get(card.index ?? -1) ?? card.name,
  }));
  if (tableCards.length > 0) return { cards: tableCards, notes: explainFailure(table.stdout) };
  const late = explainFailure(table.stdout + table.stderr);
  return { cards: [], notes: late.length > 0 ? late : toolTrouble(TOOL, full) };
}

/** NVIDIA's cards through nvidia-smi; nothing when it is not installed. */
export async function probeNvidia(system: System): Promise<ProbeResult> {
  const { cards, notes } = await cardsOf(system);
  const visible = visibleCards(cards, system.env);
  const findings: Finding[] = [];
  const allNotes = [...notes, ...visible.notes];
  for (const card of visible.cards) {
    if (card.mig) {
      const { finding, note } = await largestSlice(card, system);
      if (finding) findings.push(finding);
      allNotes.push(note);
      continue;
    }
    if (card.denied && card.totalBytes === undefined) {
      allNotes.push({ code: "NVIDIA_PERMISSION", args: { name: card.name } });
      continue;
    }
    findings.push(findingOf(card, system));
  }
  return { findings, notes: allNotes };
}
