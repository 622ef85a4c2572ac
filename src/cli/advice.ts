import { changesThatFit } from "../core/advice.js";
import type { GpuChoice } from "../core/advice-steps.js";
import type { Hardware } from "../core/hardware.js";
import type { Model } from "../core/model.js";
import type { FitReport } from "../core/report.js";
import { loadGpuCatalog } from "../hardware/catalog.js";
import { givenHardware } from "../hardware/given.js";
import type { RawFlags } from "./options.js";

/** Rows of a report that get advice; who asks for more has a question of another kind. */
const MOST_ROWS = 3;

/** The report with the changes that would make what was asked for by name fit. */
export function withChanges(report: FitReport, model: Model, hardware: Hardware, flags: RawFlags): FitReport {
  const unfitting = report.quants.filter(({ verdict }) => verdict !== "full" && verdict !== "tight");
  if (unfitting.length === 0 || unfitting.length > MOST_ROWS) return report;
  const gpus = gpuChoices(flags.ram);
  const quants = report.quants.map((row) => {
    if (!unfitting.includes(row)) return row;
    const settings = { ...report.settings, contextLength: row.contextLength ?? report.settings.contextLength };
    const changes = changesThatFit({ model, hardware, settings, quant: row.quant, gpus });
    return changes.length === 0 ? row : { ...row, changes };
  });
  return { ...report, quants };
}

/** Desktop and server cards, single and in pairs, by their memory; of those with the same memory the fastest. */
export function gpuChoices(ram: string | undefined): GpuChoice[] {
  const bySize = new Map<string, GpuChoice & { readonly bandwidth: number }>();
  for (const gpu of loadGpuCatalog()) {
    const bytes = gpu.reportedBytes ?? gpu.memoryBytes;
    if (gpu.memory !== "discrete" || gpu.laptop || bytes === undefined) continue;
    const bandwidth = gpu.bandwidthBytesPerSecond ?? 0;
    for (const count of [1, 2] as const) {
      const key = `${count} ${Math.round(bytes / 2 ** 30)}`;
      if ((bySize.get(key)?.bandwidth ?? -1) >= bandwidth) continue;
      const spec = { gpu: count === 1 ? gpu.id : `${count}x ${gpu.id}`, ...(ram === undefined ? {} : { ram }) };
      const hardware = () => givenHardware(spec);
      bySize.set(key, { id: gpu.id, name: gpu.name, usableBytes: count * bytes, count, hardware, bandwidth });
    }
  }
  return [...bySize.values()].sort((a, b) => a.usableBytes - b.usableBytes);
}
