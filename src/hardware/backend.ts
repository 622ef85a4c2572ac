import type { Backend, DeviceVendor } from "../core/hardware.js";
import type { GpuVendor } from "./gpu.js";

/** How llama.cpp's device list calls the devices of a backend. */
const ID_PREFIX: Readonly<Record<Backend, string>> = {
  cuda: "CUDA",
  rocm: "ROCm",
  vulkan: "Vulkan",
  metal: "MTL",
  sycl: "SYCL",
  cpu: "CPU",
};

/**
 * The backend that llama.cpp's ready-made builds use for a device. ROCm has no kernels for AMD chips
 * before Vega (`gfx803`), and of the chips without memory of their own only Strix Halo's (`gfx1151`).
 */
export function backendOf(vendor: GpuVendor | DeviceVendor, unified: boolean, computeCapability?: string): Backend {
  switch (vendor) {
    case "nvidia":
      return "cuda";
    case "apple":
      return "metal";
    case "amd":
      if (computeCapability?.startsWith("gfx8")) return "vulkan";
      return unified && computeCapability !== "gfx1151" && computeCapability !== "gfx942" ? "vulkan" : "rocm";
    case "intel":
    case "qualcomm":
      return "vulkan";
    case "unknown":
      // A memory size alone says nothing about the maker; most cards that models run on are NVIDIA's.
      return "cuda";
  }
}

/** Devices numbered within their backend: `CUDA0`, `CUDA1`, `ROCm0`. */
export function withIds<T extends { readonly backend: Backend }>(devices: readonly T[]): (T & { id: string })[] {
  const counts = new Map<Backend, number>();
  return devices.map((device) => {
    const number = counts.get(device.backend) ?? 0;
    counts.set(device.backend, number + 1);
    return { id: `${ID_PREFIX[device.backend]}${number}`, ...device };
  });
}
