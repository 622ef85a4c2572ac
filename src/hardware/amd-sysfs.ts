import type { SystemFiles } from "./files.js";
import { nameOf, type PciGpu } from "./pci.js";
import type { Finding } from "./probe.js";

/** Compute targets of AMD chips without memory of their own. */
export const APU_TARGETS = new Set(
  "gfx902 gfx909 gfx90c gfx1013 gfx1033 gfx1035 gfx1036 gfx1037 gfx1103 gfx1150 gfx1151 gfx1152 gfx1153".split(" "),
);

/** Figures of the amdgpu driver in bytes. `gtt` is the RAM that the GPU may map. */
export interface AmdMemory {
  readonly vramTotal: number;
  readonly vramUsed?: number;
  readonly gttTotal?: number;
  readonly gttUsed?: number;
}

const number = (text: string | undefined): number | undefined => {
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text.trim());
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
};

/** Reads `mem_info_*` of one device; nothing without the amdgpu driver. */
export function readMemory(files: SystemFiles, folder: string): AmdMemory | undefined {
  const figure = (name: string): number | undefined => number(files.read(`${folder}mem_info_${name}`));
  const vramTotal = figure("vram_total");
  if (vramTotal === undefined) return undefined;
  const vramUsed = figure("vram_used");
  const gttTotal = figure("gtt_total");
  const gttUsed = figure("gtt_used");
  return {
    vramTotal,
    ...(vramUsed === undefined ? {} : { vramUsed }),
    ...(gttTotal === undefined ? {} : { gttTotal }),
    ...(gttUsed === undefined ? {} : { gttUsed }),
  };
}

/** `gfx_target_version 110501` of the kernel's compute topology is `gfx1151`; minor and stepping are hex digits. */
export function gfxName(version: number): string | undefined {
  if (!(version > 0)) return undefined;
  const major = Math.floor(version / 10000);
  const minor = Math.floor(version / 100) % 100;
  return `gfx${major}${minor.toString(16)}${(version % 100).toString(16)}`;
}

/** Compute targets by PCI slot, from the nodes of `/sys/class/kfd`. */
export function readTargets(files: SystemFiles): Map<string, string> {
  const nodes = "/sys/class/kfd/kfd/topology/nodes";
  const targets = new Map<string, string>();
  for (const node of files.list(nodes)) {
    const text = files.read(`${nodes}/${node}/properties`) ?? "";
    const property = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    const gfx = gfxName(property("gfx_target_version"));
    if (gfx === undefined) continue;
    const location = property("location_id");
    const part = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
    const slot = `${part(location >> 8, 2)}:${part((location >> 3) & 31, 2)}.${location & 7}`;
    targets.set(`${part(property("domain"), 4)}:${slot}`, gfx);
  }
  return targets;
}

/**
 * True for a chip on the host's RAM: its compute target says so, or (without one) it has no memory
 * maker and maps far more RAM than it calls its own, which is how Ollama tells them apart.
 */
export function isApu(files: SystemFiles, folder: string, memory: AmdMemory, target: string | undefined): boolean {
  if (target !== undefined) return APU_TARGETS.has(target);
  const maker = files.read(`${folder}mem_info_vram_vendor`)?.trim();
  if ((maker && maker !== "unknown") || files.read(`${folder}board_info`) !== undefined) return false;
  const gtt = memory.gttTotal ?? 0;
  return memory.vramTotal <= 4 * 1024 ** 3 && gtt >= 8 * 1024 ** 3 && gtt >= 4 * memory.vramTotal;
}

/**
 * What an APU offers, counted once. Through Vulkan that is its own part and the RAM it may map; ROCm
 * takes the larger of the two (`apu_prefer_gtt` of the kernel driver: 98304 MiB where the own part is
 * 4 GiB and the mapped 96). RAM that others use cannot be mapped.
 */
export function apuPool(
  memory: AmdMemory,
  target: string | undefined,
  availableRam: number | undefined,
): Pick<Finding, "totalBytes" | "freeBytes"> {
  const gttTotal = memory.gttTotal ?? 0;
  const vramFree = memory.vramTotal - (memory.vramUsed ?? 0);
  const gttFree = Math.min(gttTotal - (memory.gttUsed ?? 0), availableRam ?? gttTotal);
  if (target === "gfx1151") {
    return gttTotal > memory.vramTotal
      ? { totalBytes: gttTotal, freeBytes: gttFree }
      : { totalBytes: memory.vramTotal, freeBytes: vramFree };
  }
  return { totalBytes: memory.vramTotal + gttTotal, freeBytes: vramFree + gttFree };
}

/** AMD's GPUs as the amdgpu driver shows them, no tool needed. Other drivers show no memory. */
export function amdFindings(files: SystemFiles, gpus: readonly PciGpu[], availableRam: number | undefined): Finding[] {
  const targets = readTargets(files);
  return gpus.map((gpu) => {
    const memory = readMemory(files, gpu.folder);
    const target = targets.get(gpu.busId);
    const name = nameOf(files, gpu);
    const base: Finding = {
      source: memory ? `${gpu.folder}mem_info_*` : gpu.folder,
      vendor: "amd",
      pciBusId: gpu.busId,
      ...(name === undefined ? {} : { name }),
      ...(target === undefined ? {} : { computeCapability: target }),
    };
    if (memory === undefined) return base;
    if (isApu(files, gpu.folder, memory, target))
      return { ...base, unified: true, ...apuPool(memory, target, availableRam) };
    return {
      ...base,
      totalBytes: memory.vramTotal,
      ...(memory.vramUsed === undefined
        ? {}
        : { usedBytes: memory.vramUsed, freeBytes: memory.vramTotal - memory.vramUsed }),
    };
  });
}
