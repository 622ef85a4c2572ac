import type { Device } from "./hardware.js";

/** Devices that use their memory bandwidth alike. `docs/speed.md` says what each is measured on. */
export type SpeedClass =
  | "nvidia"
  | "nvidia-hbm"
  | "nvidia-pascal"
  | "nvidia-unified"
  | "apple-m1"
  | "apple-m2"
  | "apple-m4"
  | "amd"
  | "amd-unified"
  | "intel";

/** The makers, who share how well their attention kernels read the cache. */
export type SpeedMaker = "nvidia" | "apple" | "amd" | "intel";

/** The class of a device; undefined where nothing was measured on its like. */
export function speedClassOf(
  device: Pick<Device, "vendor" | "memory" | "computeCapability" | "catalogId" | "name">,
): SpeedClass | undefined {
  switch (device.vendor) {
    case "nvidia":
      return nvidiaClass(device);
    case "apple":
      return appleClass(device);
    case "amd":
      if (device.memory === "unified") return "amd-unified";
      // Polaris, Vega and Instinct
      return /^gfx[789]/.test(device.computeCapability ?? "") ? undefined : "amd";
    case "intel":
      return "intel";
    case "unknown":
      return undefined;
  }
}

export function makerOf(speedClass: SpeedClass): SpeedMaker {
  return speedClass.replace(/-.*/, "") as SpeedMaker;
}

/** Compute capabilities of the chips with stacked memory: P100, V100, A100 and A30, H100, B200 and B300. */
const HBM = /^([6789]\.0|10\.\d)$/;

function nvidiaClass(device: Pick<Device, "memory" | "computeCapability">): SpeedClass {
  const capability = device.computeCapability ?? "";
  if (device.memory === "unified") return "nvidia-unified";
  if (HBM.test(capability)) return "nvidia-hbm";
  return capability !== "" && Number(capability) < 7 ? "nvidia-pascal" : "nvidia";
}

function appleClass(device: Pick<Device, "catalogId" | "name">): SpeedClass {
  const generation = Number(/\bm(\d+)/i.exec(device.catalogId ?? device.name)?.[1] ?? 0);
  if (generation === 1) return "apple-m1";
  return generation === 2 || generation === 3 ? "apple-m2" : "apple-m4";
}
