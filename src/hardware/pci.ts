import type { DeviceVendor } from "../core/hardware.js";
import type { SystemFiles } from "./files.js";

/** A display adapter or accelerator on the PCI bus, as Linux lists it. */
export interface PciGpu {
  /** `0000:03:00.0`, as the folder is called. */
  readonly busId: string;
  readonly vendor: DeviceVendor;
  /** Four hex digits each, lower case. */
  readonly vendorId: string;
  readonly deviceId: string;
  readonly revision: string;
  /** Its folder, with a trailing slash. */
  readonly folder: string;
}

const BUS = "/sys/bus/pci/devices/";

const VENDORS: Readonly<Record<string, DeviceVendor>> = { "10de": "nvidia", "1002": "amd", "8086": "intel" };

const hex = (text: string | undefined): string => (text ?? "").trim().replace(/^0x/, "").toLowerCase();

/**
 * Every GPU on the PCI bus: display controllers (class 03) and processing accelerators (class 12, as
 * the largest Instinct cards are) of the three makers. `known` is false where the bus is not listed,
 * so that "none" can be told from "cannot say".
 */
export function scanPci(files: SystemFiles): { known: boolean; gpus: PciGpu[] } {
  const names = files.list(BUS.slice(0, -1));
  const gpus: PciGpu[] = [];
  for (const busId of names) {
    const folder = `${BUS}${busId}/`;
    const kind = hex(files.read(`${folder}class`)).slice(0, 2);
    if (kind !== "03" && kind !== "12") continue;
    const vendorId = hex(files.read(`${folder}vendor`));
    const vendor = VENDORS[vendorId];
    if (vendor === undefined) continue;
    const deviceId = hex(files.read(`${folder}device`));
    gpus.push({ busId, vendor, vendorId, deviceId, revision: hex(files.read(`${folder}revision`)), folder });
  }
  return { known: names.length > 0, gpus };
}

/** A name from libdrm's `amdgpu.ids`: device, revision and what AMD calls that pair. */
export function amdName(ids: string, deviceId: string, revision: string): string | undefined {
  for (const line of ids.split("\n")) {
    const [device, rev, name] = line.split(",").map((part) => part.trim());
    if (device?.toLowerCase() === deviceId && rev?.toLowerCase() === revision) return name;
  }
  return undefined;
}

/** A name from `pci.ids`: the device's line below its maker's. */
export function pciName(ids: string, vendorId: string, deviceId: string): string | undefined {
  const vendor = ids.indexOf(`\n${vendorId}  `);
  if (vendor < 0) return undefined;
  const device = ids.indexOf(`\n\t${deviceId}  `, vendor);
  const next = ids.slice(vendor + 1).search(/\n[0-9a-f]{4} {2}/);
  if (device < 0 || (next >= 0 && device > vendor + 1 + next)) return undefined;
  const end = ids.indexOf("\n", device + 1);
  return ids.slice(device + 8, end < 0 ? undefined : end).trim();
}

const AMD_IDS = ["/usr/share/libdrm/amdgpu.ids", "/opt/amdgpu/share/libdrm/amdgpu.ids"];
const PCI_IDS = ["/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids", "/usr/share/pci.ids"];

/** The first of several files that can be read. */
const firstOf = (files: SystemFiles, paths: readonly string[]): string | undefined => {
  for (const path of paths) {
    const text = files.read(path);
    if (text !== undefined) return text;
  }
  return undefined;
};

/** The name of a GPU from the tables that Linux systems carry, the more exact first. */
export function nameOf(files: SystemFiles, gpu: PciGpu): string | undefined {
  const product = files.read(`${gpu.folder}product_name`)?.trim();
  if (product) return product;
  const amd = gpu.vendor === "amd" ? firstOf(files, AMD_IDS) : undefined;
  const exact = amd && amdName(amd, gpu.deviceId, gpu.revision);
  if (exact) return exact;
  const all = firstOf(files, PCI_IDS);
  const name = all && pciName(all, gpu.vendorId, gpu.deviceId);
  return name === undefined || name === "" ? undefined : name;
}
