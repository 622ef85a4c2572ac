import type { DeviceVendor } from "../core/hardware.js";
import { type Finding, normalBusId } from "./probe.js";

const VENDORS: Readonly<Record<string, DeviceVendor>> = {
  "0x10de": "nvidia",
  "0x1002": "amd",
  "0x8086": "intel",
  "0x106b": "apple",
};

/** A memory heap. `budget` is what this process may still take, others' use already counted off. */
interface Heap {
  readonly size: number;
  readonly budget: number | undefined;
  readonly local: boolean;
}

function heapsOf(section: string): Heap[] {
  return section
    .split(/(?=memoryHeaps\[\d+\]:)/)
    .filter((part) => part.startsWith("memoryHeaps["))
    .map((part) => {
      const text = part.split(/^memoryTypes/m)[0] ?? "";
      const figure = (name: string): number | undefined => {
        const value = new RegExp(`^\\s*${name}\\s*= (\\d+)`, "m").exec(text)?.[1];
        return value === undefined ? undefined : Number(value);
      };
      return { size: figure("size") ?? 0, budget: figure("budget"), local: text.includes("DEVICE_LOCAL") };
    });
}

/**
 * Memory as llama.cpp counts it (`ggml_backend_vk_get_device_memory`): the device-local heaps of a card,
 * which without resizable BAR are two, and every heap of a GPU that shares the RAM.
 */
export function heapMemory(section: string, integrated: boolean): { totalBytes?: number; freeBytes?: number } {
  const heaps = heapsOf(section).filter((heap) => integrated || heap.local);
  const totalBytes = heaps.reduce((sum, heap) => sum + heap.size, 0);
  if (totalBytes === 0) return {};
  if (heaps.some((heap) => heap.budget === undefined)) return { totalBytes };
  return { totalBytes, freeBytes: heaps.reduce((sum, heap) => sum + (heap.budget ?? 0), 0) };
}

/** `AMD Radeon RX 7900 XTX (RADV NAVI31)` without the driver's name. */
const cardName = (name: string): string =>
  name.replace(/\s*\((?:RADV|AMD|NVK|ANV|LLVM|ACO|Intel)[^)]*\)+\s*$/i, "").trim();

/** The devices of `vulkaninfo`, without those that are the processor. The list form has names only. */
export function parseVulkaninfo(text: string): Finding[] {
  const sections = text.split(/^(?=GPU\d+:\s*$)/m).filter((section) => /^GPU\d+:/.test(section));
  if (sections.length === 0) {
    return [...text.matchAll(/^\s*GPU id\s*[=:]\s*\d+ \((.+)\)\s*$/gm)].map((one) => ({
      source: "vulkaninfo",
      vendor: "unknown",
      name: cardName(one[1] ?? ""),
      backend: "vulkan",
    }));
  }
  return sections.flatMap((section) => {
    const field = (name: string): string | undefined =>
      new RegExp(`^\\s*${name}\\s*= (.+)$`, "m").exec(section)?.[1]?.trim();
    const type = field("deviceType") ?? "";
    const name = field("deviceName");
    if (name === undefined || /CPU/.test(type)) return [];
    const integrated = type.includes("INTEGRATED");
    const slot = ["pciDomain", "pciBus", "pciDevice", "pciFunction"].map((part) => Number(field(part) ?? Number.NaN));
    const hex = (value: number | undefined): string => (value ?? 0).toString(16);
    const pciBusId = slot.some(Number.isNaN)
      ? undefined
      : normalBusId(`${hex(slot[0])}:${hex(slot[1])}:${hex(slot[2])}.${slot[3]}`);
    return [
      {
        source: "vulkaninfo",
        vendor: VENDORS[(field("vendorID") ?? "").toLowerCase()] ?? "unknown",
        name: cardName(name).slice(0, 80),
        backend: "vulkan" as const,
        ...(pciBusId === undefined ? {} : { pciBusId }),
        ...(integrated ? { unified: true } : {}),
        ...heapMemory(section, integrated),
      },
    ];
  });
}
