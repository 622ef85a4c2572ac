import type { Device } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import { backendOf, withIds } from "./backend.js";
import { identifyGpu } from "./catalog.js";
import type { Gpu } from "./gpu.js";
import type { Merged } from "./merge.js";

/** What a loader can take: free now, or all of it with `total`; never beyond the system's limit. */
function usableBytes(device: Merged & { totalBytes: number }, free: number | undefined, total: boolean): number {
  const available = total ? device.totalBytes : (free ?? device.totalBytes);
  // Apple's limit counts the process alone, so what others use does not lower it.
  return device.limitBytes === undefined ? available : device.limitBytes;
}

function freeOf(device: Merged & { totalBytes: number }): number | undefined {
  if (device.freeBytes !== undefined) return device.freeBytes;
  if (device.usedBytes === undefined) return undefined;
  return Math.max(0, device.totalBytes - device.usedBytes - (device.reservedBytes ?? 0));
}

function deviceOf(device: Merged & { totalBytes: number }, gpu: Gpu | undefined, total: boolean): Omit<Device, "id"> {
  const unified = device.unified ?? false;
  const computeCapability = device.computeCapability ?? gpu?.computeCapability;
  const free = freeOf(device);
  const bandwidth = gpu?.bandwidthBytesPerSecond;
  const bandwidthSource = gpu?.sources.bandwidthBytesPerSecond ?? gpu?.sources.card ?? "";
  return {
    name: device.name ?? gpu?.name ?? "GPU",
    vendor: device.vendor,
    backend: device.backend ?? backendOf(device.vendor, unified, computeCapability),
    memory: unified ? "unified" : "discrete",
    totalBytes: device.totalBytes,
    ...(device.reservedBytes === undefined ? {} : { reservedBytes: device.reservedBytes }),
    ...(device.usedBytes === undefined ? {} : { usedBytes: device.usedBytes }),
    ...(free === undefined ? {} : { freeBytes: free }),
    usableBytes: usableBytes(device, free, total),
    ...(bandwidth === undefined ? {} : { bandwidthBytesPerSecond: bandwidth }),
    ...(computeCapability === undefined ? {} : { computeCapability }),
    ...(device.pciBusId === undefined ? {} : { pciBusId: device.pciBusId }),
    ...(gpu === undefined ? {} : { catalogId: gpu.id }),
    sources: { ...device.sources, ...(bandwidth === undefined ? {} : { bandwidthBytesPerSecond: bandwidthSource }) },
  };
}

/** A container's limit makes the RAM smaller than any sold, so what shares it may go by its name alone. */
const catalogRow = (name: string, device: Merged & { totalBytes: number }): Gpu | undefined =>
  identifyGpu(name, device.totalBytes) ?? (device.unified ? identifyGpu(name, undefined) : undefined);

const hasMemory = (device: Merged): device is Merged & { totalBytes: number } => (device.totalBytes ?? 0) > 0;

/**
 * The devices a loader would use, from what was found. As llama.cpp does it: a GPU on the host's RAM
 * counts only where there is no card with memory of its own (`llama_model_load_from_file_impl`).
 * What is left out, and what is not known, is said in the notes.
 */
export function devicesOf(found: readonly Merged[], total: boolean): { devices: Device[]; notes: Note[] } {
  const notes: Note[] = [];
  const sized = found.filter(hasMemory);
  const discrete = sized.some((device) => !device.unified);
  for (const device of found) {
    const name = device.name ?? "GPU";
    if (!hasMemory(device)) {
      if (!discrete || !device.unified)
        notes.push({ code: device.unified ? "INTEGRATED_UNSIZED" : "GPU_MEMORY_UNKNOWN", args: { name } });
    } else if (discrete && device.unified) {
      notes.push({ code: "INTEGRATED_IGNORED", args: { name } });
    }
  }
  const used = sized.filter((device) => !discrete || !device.unified);
  const devices = used.map((device) => {
    const gpu = device.name === undefined ? undefined : catalogRow(device.name, device);
    const made = deviceOf(device, gpu, total);
    if (!total && made.freeBytes === undefined && device.limitBytes === undefined) {
      notes.push({ code: "FREE_MEMORY_UNKNOWN", args: { name: made.name } });
    }
    return made;
  });
  return { devices: withIds(devices), notes };
}
