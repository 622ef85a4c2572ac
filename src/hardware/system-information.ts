import type { DeviceVendor } from "../core/hardware.js";
import { type Finding, normalBusId } from "./probe.js";

function vendorOf(text: string): DeviceVendor {
  if (/nvidia/i.test(text)) return "nvidia";
  if (/amd|ati\b|advanced micro devices/i.test(text)) return "amd";
  if (/intel/i.test(text)) return "intel";
  if (/apple/i.test(text)) return "apple";
  return "unknown";
}

/**
 * Names from the systeminformation package, the last resort. Only names: its memory is the size of a
 * PCI window on AMD cards and capped at 4 GiB on Windows. Loaded only when called, for it takes longer
 * to load than everything else here.
 */
export async function namesFromSystemInformation(timeoutMs: number): Promise<Finding[]> {
  try {
    const { graphics } = await import("systeminformation");
    const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, timeoutMs, undefined).unref());
    const answer = await Promise.race([graphics(), timeout]);
    return (answer?.controllers ?? []).flatMap((controller) => {
      const name = (controller.model ?? "").trim();
      const pciBusId = normalBusId(controller.busAddress ?? "");
      if (name === "") return [];
      const vendor = vendorOf(`${controller.vendor} ${name}`);
      return [{ source: "systeminformation", vendor, name, ...(pciBusId === undefined ? {} : { pciBusId }) }];
    });
  } catch {
    // Not installed, or no way to ask this system: it was the last resort.
    return [];
  }
}
