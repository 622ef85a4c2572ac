import type { Hardware } from "./hardware.js";
import type { Grade, MemoryEstimate, Verdict } from "./report.js";

/** Share of the usable memory that must stay free for the best grade. */
export const COMFORTABLE_SHARE = 0.15;

/** By how many bytes an estimate exceeds what there is; zero or less means it fits. */
export interface Overflow {
  /** On the device that exceeds most, the margin included. */
  readonly devices: number;
  /** In RAM. Unified memory is one pool: what a device takes of it, the host lacks. */
  readonly host: number;
}

export function overflow(
  memory: MemoryEstimate,
  hardware: Pick<Hardware, "devices" | "host">,
  margin: number,
): Overflow {
  let devices = Number.NEGATIVE_INFINITY;
  let ram = memory.host.totalBytes;
  memory.devices.forEach((used, i) => {
    const device = hardware.devices[i];
    if (!device) return;
    devices = Math.max(devices, used.totalBytes + margin - device.usableBytes);
    if (device.memory === "unified") ram += used.totalBytes;
  });
  return { devices, host: ram - hostBytes(hardware) };
}

export function fits(over: Overflow): boolean {
  return over.devices <= 0 && over.host <= 0;
}

/** RAM a model may take: what is available now, else all there is. */
export function hostBytes(hardware: Pick<Hardware, "host">): number {
  return hardware.host.availableBytes ?? hardware.host.totalBytes;
}

export function gradeOf(verdict: Verdict, memory: MemoryEstimate, hardware: Pick<Hardware, "devices">): Grade {
  switch (verdict) {
    case "full":
      return memory.devices.every((used, i) => {
        const usable = hardware.devices[i]?.usableBytes ?? 0;
        return usable - used.totalBytes >= COMFORTABLE_SHARE * usable;
      })
        ? "A"
        : "B";
    case "tight":
      return "C";
    case "partial":
    case "cpu":
      return "D";
    case "none":
      return "F";
  }
}
