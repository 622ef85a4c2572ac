import { GiB, MiB } from "../core/units.js";

export type GpuVendor = "nvidia" | "amd" | "intel" | "apple" | "qualcomm";

/** One GPU with one size of memory. Sizes are bytes, bandwidth is bytes per second. */
export interface Gpu {
  /** Row id, followed by the size where the row has several: `rtx-4090`, `m4-pro-48gb`. */
  readonly id: string;
  readonly name: string;
  readonly vendor: GpuVendor;
  readonly memory: "discrete" | "unified";
  /** As sold; absent where the chip uses whatever RAM the computer has. */
  readonly memoryBytes?: number;
  /** As the driver reports it, where that is known. */
  readonly reportedBytes?: number;
  /** Part of the RAM that a chip without memory of its own may take. */
  readonly sharedFraction?: number;
  readonly bandwidthBytesPerSecond?: number;
  readonly laptop: boolean;
  /** `2022-09-20`, `2022-09` or `2022`. */
  readonly release?: string;
  /** CUDA compute capability, or the `gfx` name of an AMD chip. */
  readonly computeCapability?: string;
  /** Suggested price at launch, rounded as published. */
  readonly priceUsd?: number;
  readonly aliases: readonly string[];
  /** Words that may stand in the name without distinguishing anything: `geforce`, `radeon`. */
  readonly brandWords: readonly string[];
  /** Where each fact comes from; `card` covers what the others do not. */
  readonly sources: Readonly<Record<string, string>>;
}

/** One row of `data/gpus/*.json`: one GPU per line, sizes in the units that data sheets use. */
export interface GpuRow {
  readonly id: string;
  readonly name: string;
  readonly memoryGiB?: number | readonly number[];
  readonly reportedMiB?: number;
  readonly bandwidthGBs?: number;
  readonly unified?: boolean;
  readonly laptop?: boolean;
  readonly release?: string;
  readonly computeCapability?: string;
  readonly priceUsd?: number;
  readonly sharedFraction?: number;
  readonly aliases?: readonly string[];
  readonly source: string;
  readonly memorySource?: string;
  readonly bandwidthSource?: string;
  readonly reportedSource?: string;
  readonly sharedSource?: string;
}

export interface GpuFile {
  readonly vendor: GpuVendor;
  readonly words?: readonly string[];
  readonly sources?: Readonly<Record<string, string>>;
  readonly priceSource?: string;
  readonly gpus: readonly GpuRow[];
}

/** Writes `techpowerup:page` out as an address, by the abbreviations at the top of the file. */
function expandSource(source: string, abbreviations: Readonly<Record<string, string>> | undefined): string {
  const colon = source.indexOf(":");
  const base = abbreviations?.[source.slice(0, colon)];
  return base === undefined ? source : base + source.slice(colon + 1);
}

function sourcesOf(row: GpuRow, file: GpuFile): Record<string, string> {
  const named: ReadonlyArray<readonly [string, string | undefined]> = [
    ["card", row.source],
    ["memoryBytes", row.memorySource],
    ["bandwidthBytesPerSecond", row.bandwidthSource],
    ["reportedBytes", row.reportedSource],
    ["sharedFraction", row.sharedSource],
    ["priceUsd", row.priceUsd === undefined ? undefined : file.priceSource],
  ];
  const sources: Record<string, string> = {};
  for (const [field, source] of named) {
    if (source !== undefined) sources[field] = expandSource(source, file.sources);
  }
  return sources;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One GPU of a row. Built field by field, and its sources only when asked for: this runs 300 times per start. */
function gpuOf(row: GpuRow, file: GpuFile, sizeGiB: number | undefined, suffix: string): Gpu {
  const gpu: Mutable<Gpu> = {
    id: row.id,
    name: row.name,
    vendor: file.vendor,
    memory: row.unified ? "unified" : "discrete",
    laptop: row.laptop === true,
    aliases: row.aliases ?? [],
    brandWords: file.words ?? [],
    get sources() {
      return sourcesOf(row, file);
    },
  };
  if (sizeGiB !== undefined) gpu.memoryBytes = sizeGiB * GiB;
  if (row.reportedMiB !== undefined) gpu.reportedBytes = row.reportedMiB * MiB;
  if (row.sharedFraction !== undefined) gpu.sharedFraction = row.sharedFraction;
  if (row.bandwidthGBs !== undefined) gpu.bandwidthBytesPerSecond = Math.round(row.bandwidthGBs * 1e9);
  if (row.release !== undefined) gpu.release = row.release;
  if (row.computeCapability !== undefined) gpu.computeCapability = row.computeCapability;
  if (row.priceUsd !== undefined) gpu.priceUsd = row.priceUsd;
  if (suffix !== "") {
    gpu.id += `-${suffix}`;
    gpu.name += ` ${suffix.toUpperCase()}`;
    gpu.aliases = gpu.aliases.map((alias) => `${alias} ${suffix}`);
  }
  return gpu;
}

/** The GPUs of one row: one for each size of memory. */
export function gpusOfRow(row: GpuRow, file: GpuFile): Gpu[] {
  const { memoryGiB } = row;
  if (typeof memoryGiB === "object") return memoryGiB.map((size) => gpuOf(row, file, size, `${size}gb`));
  return [gpuOf(row, file, memoryGiB, "")];
}
