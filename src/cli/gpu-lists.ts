import { findGpu, searchGpus } from "../hardware/catalog.js";
import type { Gpu } from "../hardware/gpu.js";
import { gpuCard, hardwareLines } from "../render/gpu-card.js";
import { gpuColumns } from "../render/gpu-list.js";
import { FORMAT_IDS } from "../render/registry.js";
import { TOOL } from "../version.js";
import { findHardware } from "./hardware.js";
import type { Io } from "./io.js";
import type { RawFlags } from "./options.js";
import { printList } from "./print-list.js";
import { oneOf } from "./settings.js";
import { terminalOf } from "./terminal.js";

/**
 * `fitcheck gpus`: this machine's devices and the catalog; with words the cards they occur in, and of a
 * single one every fact with its source.
 * @returns the exit code: 0, or 1 when nothing matches the words
 */
export async function listGpus(words: readonly string[], flags: RawFlags, io: Io): Promise<number> {
  const format = flags.json ? "json" : oneOf(flags.format ?? "table", FORMAT_IDS, "--format");
  if (words.length === 0) return listAll(format, flags, io);
  const found = findGpu(words.join(" "));
  const items =
    found.kind === "match" ? [found.gpu] : found.kind === "ambiguous" ? found.choices : searchGpus(words.join(" "));
  const [only] = items;
  if (items.length === 1 && only && format === "table") {
    io.out(gpuCard(only, terminalOf(io, flags)));
    return 0;
  }
  return printList({ name: "gpus", items: items.map(published), columns: gpuColumns() }, words, flags, io);
}

async function listAll(format: string, flags: RawFlags, io: Io): Promise<number> {
  const hardware = await findHardware(flags);
  const items = searchGpus("").map(published);
  if (format === "json") {
    const { source, devices, host, notes } = hardware;
    const body = { schemaVersion: 1, tool: TOOL, hardware: { source, devices, host }, notes, gpus: items };
    io.out(`${JSON.stringify(body, undefined, 2)}\n`);
    return 0;
  }
  if (format === "table") io.out(`${hardwareLines(hardware, terminalOf(io, flags)).join("\n")}\n\n`);
  return printList({ name: "gpus", items, columns: gpuColumns() }, [], flags, io);
}

/** A card without what only the matching of names needs. */
function published({ brandWords: _, ...facts }: Gpu): Omit<Gpu, "brandWords"> {
  return facts;
}
