import { MiB } from "../core/units.js";
import { type Finding, normalBusId } from "./probe.js";

/** Parses `xpu-smi discovery -d n`: one field per line of a table, sizes in MiB. */
export function parseDiscovery(text: string): Finding[] {
  const field = (name: string): string | undefined => new RegExp(`${name}: (.+?)\\s*\\|`).exec(text)?.[1]?.trim();
  const name = field("Device Name");
  if (name === undefined) return [];
  const pciBusId = normalBusId(field("PCI BDF Address") ?? "");
  const mib = /^(\d+(?:\.\d+)?) MiB$/.exec(field("Memory Physical Size") ?? "")?.[1];
  return [
    {
      source: "xpu-smi",
      vendor: "intel",
      name: name.slice(0, 80),
      ...(pciBusId === undefined ? {} : { pciBusId }),
      ...(mib === undefined ? {} : { totalBytes: Math.round(Number(mib) * MiB) }),
    },
  ];
}

/** Parses the table that plain `xpu-smi` prints from version 2 on: name and slot in one row, use in the next. */
export function parseXpuTable(text: string): Finding[] {
  const findings: Finding[] = [];
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    const head = /^\|\s+\d+\s+(.+?)\s+(?:On|Off|N\/A)\s*\|\s+([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)/i.exec(line);
    const use = /\|\s+(\d+)MiB\s*\/\s*(\d+)MiB\s*\|/.exec(lines[i + 1] ?? "");
    if (!head || !use) continue;
    const pciBusId = normalBusId(head[2] ?? "");
    const [used, total] = [Number(use[1]) * MiB, Number(use[2]) * MiB];
    findings.push({
      source: "xpu-smi",
      vendor: "intel",
      name: head[1] ?? "",
      ...(pciBusId === undefined ? {} : { pciBusId }),
      totalBytes: total,
      usedBytes: used,
      freeBytes: total - used,
    });
  }
  return findings;
}
