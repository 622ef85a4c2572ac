import type { SystemFiles } from "./files.js";
import { nameOf, type PciGpu } from "./pci.js";
import type { Finding } from "./probe.js";

const positive = (text: string | undefined): number => {
  const value = Number((text ?? "").trim() || Number.NaN);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
};

/**
 * Local memory in bytes: the tiles of the xe driver added up, or i915's one figure. Drivers before
 * Linux 6.8 and graphics inside a processor show neither.
 */
export function localMemoryBytes(files: SystemFiles, folder: string): number | undefined {
  const tiles = files.list(folder.slice(0, -1)).filter((name) => /^tile\d+$/.test(name));
  const xe = tiles.reduce((sum, tile) => sum + positive(files.read(`${folder}${tile}/physical_vram_size_bytes`)), 0);
  if (xe > 0) return xe;
  for (const card of files.list(`${folder}drm`)) {
    const i915 = positive(files.read(`${folder}drm/${card}/lmem_total_bytes`));
    if (i915 > 0) return i915;
  }
  return undefined;
}

/** Intel's GPUs as the kernel shows them. The one inside the processor always sits at 00:02.0. */
export function intelFindings(files: SystemFiles, gpus: readonly PciGpu[]): Finding[] {
  return gpus.map((gpu) => {
    const name = nameOf(files, gpu);
    const totalBytes = localMemoryBytes(files, gpu.folder);
    return {
      source: gpu.folder,
      vendor: "intel",
      pciBusId: gpu.busId,
      ...(name === undefined ? {} : { name: `Intel ${name}`.replace(/^Intel Intel/, "Intel") }),
      ...(totalBytes === undefined ? {} : { totalBytes }),
      ...(gpu.busId.endsWith(":00:02.0") ? { unified: true } : {}),
    };
  });
}
