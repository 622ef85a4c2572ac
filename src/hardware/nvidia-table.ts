import { mebibytes, type NvidiaCard } from "./nvidia-smi.js";
import { normalBusId } from "./probe.js";

/**
 * Parses the table that plain `nvidia-smi` prints, the one form that every version has. Only used when
 * the query fails, because it cuts long names (`NVIDIA GeForce RTX 5070 ...`): the dots stay in the
 * name, and nothing is looked up by half a name.
 */
export function parseTable(text: string): NvidiaCard[] {
  const cards: NvidiaCard[] = [];
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    const head =
      /^\|\s+(\d+)\s+(.+?)\s+(?:On|Off|WDDM|TCC|MCDM|N\/A|ERR!)\s*\|\s+([0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.\d)/i.exec(
        line,
      );
    if (!head) continue;
    const usage = /\|\s+(\d+)MiB\s*\/\s*(\d+)MiB\s*\|/.exec(lines[i + 1] ?? "");
    const pciBusId = normalBusId(head[3] ?? "");
    const total = mebibytes(usage?.[2]);
    const used = mebibytes(usage?.[1]);
    cards.push({
      index: Number(head[1]),
      name: head[2] ?? "",
      ...(pciBusId === undefined ? {} : { pciBusId }),
      ...(total === undefined ? {} : { totalBytes: total }),
      ...(used === undefined ? {} : { usedBytes: used }),
      // The table leaves out what the driver reserves, so this is at most half a GiB too much.
      ...(total === undefined || used === undefined ? {} : { freeBytes: total - used }),
      mig: /\|\s+Enabled\s+\|\s*$/.test(lines[i + 2] ?? ""),
      denied: false,
    });
  }
  return cards;
}
