import type { Note } from "./note.js";

/** What llama.cpp would use to talk to a device. */
export type Backend = "cuda" | "rocm" | "vulkan" | "metal" | "sycl" | "cpu";

export type DeviceVendor = "nvidia" | "amd" | "intel" | "apple" | "unknown";

/** Where the value of one field comes from: a tool, a file, a setting or a catalog row. */
export type FieldSources = Readonly<Record<string, string>>;

/** One device a model can be loaded on. Sizes are bytes. */
export interface Device {
  /** Unique in its list, in the style of llama.cpp: `CUDA0`, `ROCm1`, `Vulkan0`, `MTL0`. */
  readonly id: string;
  readonly name: string;
  readonly vendor: DeviceVendor;
  readonly backend: Backend;
  /** `unified`: the memory is the host's own RAM, so the two must never be added up. */
  readonly memory: "discrete" | "unified";
  /** What the driver calls the total; for unified memory the pool that the device shares with the host. */
  readonly totalBytes: number;
  /** Kept by the driver for itself, where it says so. */
  readonly reservedBytes?: number;
  /** In use by everything now running, where the driver says so. */
  readonly usedBytes?: number;
  /** Free now, where it is known. */
  readonly freeBytes?: number;
  /** What a loader can take: the free memory, or the total where that was asked for, never beyond the system's own limit. */
  readonly usableBytes: number;
  readonly bandwidthBytesPerSecond?: number;
  /** CUDA compute capability such as `8.9`, or the `gfx` name of an AMD chip. */
  readonly computeCapability?: string;
  /** `domain:bus:device.function` in lower case, the domain with at least four digits. */
  readonly pciBusId?: string;
  /** Row of `data/gpus` that the name and memory belong to. */
  readonly catalogId?: string;
  readonly sources?: FieldSources;
}

/** The machine's own RAM, in bytes; a container's limit where that is smaller. */
export interface Host {
  readonly totalBytes: number;
  /** What can be taken without swapping, where it is known. */
  readonly availableBytes?: number;
}

export interface Hardware {
  readonly source: "detected" | "given";
  /** Devices that a loader would use together; several cards are never summed into one. */
  readonly devices: readonly Device[];
  readonly host: Host;
  readonly notes: readonly Note[];
}

/** One card whose memory never ends: what a model takes can be worked out on it without asking what there is. */
export const ENDLESS_GPU: Hardware = {
  source: "given",
  devices: [
    {
      id: "CUDA0",
      name: "GPU",
      vendor: "nvidia",
      backend: "cuda",
      memory: "discrete",
      totalBytes: Number.MAX_SAFE_INTEGER,
      usableBytes: Number.MAX_SAFE_INTEGER,
    },
  ],
  host: { totalBytes: Number.MAX_SAFE_INTEGER },
  notes: [],
};
