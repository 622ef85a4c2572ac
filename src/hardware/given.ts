import { FitcheckError, shortened } from "../core/errors.js";
import type { Device, Hardware, Host } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import { parseBytes } from "../core/units.js";
import { ASSUMED_MACOS, appleWorkingSetBytes } from "./apple-limit.js";
import { backendOf, withIds } from "./backend.js";
import { findGpu } from "./catalog.js";
import type { Gpu } from "./gpu.js";
import { detectHost } from "./host.js";

/** Pretend hardware as typed: `--gpu`, `--vram`, `--ram`. */
export interface GivenSpec {
  /** `rtx 4090`, `2x3090`, `rtx 3090,rtx 3060 12gb`, `m3 max 64gb`, or `none`. */
  readonly gpu?: string;
  /** One size for every device, or one for each. */
  readonly vram?: string | readonly string[];
  readonly ram?: string;
}

/** `GGML_CUDA_MAX_DEVICES`: llama.cpp uses no more. */
const MAX_DEVICES = 16;

const GPU_HINT = 'List the known ones with "fitcheck gpus", or give the memory alone: --vram 24G.';

/** Splits `2x3090, rtx 3060 12gb` into the names of single devices. */
function deviceNames(spec: string): string[] {
  const names: string[] = [];
  for (const part of spec.split(",")) {
    const text = part.trim();
    // \u00d7 is the sign ×
    const before = /^(\d{1,3}|\d+(?=\s*[x\u00d7*]\s*\S{3}))\s*[x\u00d7*]\s*(.+)$/i.exec(text);
    const after = /^(.*[\s\d])[x\u00d7*](\d{1,2})$/i.exec(text);
    const name = (before?.[2] ?? after?.[1] ?? text).trim();
    const count = Number(before?.[1] ?? after?.[2] ?? 1);
    if (name === "" || count < 1 || names.length + count > MAX_DEVICES) {
      throw new FitcheckError("BAD_VALUE", `--gpu "${shortened(spec)}" is not a list of 1 to ${MAX_DEVICES} GPUs`, {
        hint: 'Write it like "rtx 4090", 2x3090 or "rtx 3090,rtx 3060 12gb"; none means CPU only.',
      });
    }
    for (let i = 0; i < count; i++) names.push(name);
  }
  return names;
}

/** The catalog's GPU of that name. @throws FitcheckError UNKNOWN_GPU, with what to type instead */
function knownGpu(typed: string, notes: Note[]): Gpu {
  const name = shortened(typed);
  const match = findGpu(name);
  switch (match.kind) {
    case "match":
      if (match.alike.length > 0) {
        const others = match.alike.map((gpu) => gpu.name).join(", ");
        notes.push({ code: "GPU_VARIANT_ASSUMED", args: { name: match.gpu.name, others } });
      }
      return match.gpu;
    case "ambiguous":
      throw new FitcheckError("UNKNOWN_GPU", `several GPUs are called "${name}"`, {
        hint: "Say which one.",
        suggestions: match.choices.slice(0, 5).map((gpu) => gpu.id),
      });
    case "none":
      throw new FitcheckError("UNKNOWN_GPU", `unknown GPU "${name}"`, {
        hint: GPU_HINT,
        suggestions: match.suggestions.map((gpu) => gpu.id),
      });
  }
}

function sizeList(vram: GivenSpec["vram"]): number[] {
  if (vram === undefined) return [];
  const texts = typeof vram === "string" ? vram.split(",") : vram.flatMap((one) => one.split(","));
  return texts.map((text) => positiveBytes(text, "--vram"));
}

/** @throws FitcheckError BAD_VALUE for what is no size, or zero */
export function positiveBytes(text: string, option: string): number {
  const bytes = parseBytes(text, option);
  if (bytes === 0) {
    throw new FitcheckError("BAD_VALUE", `${option} ${text} is no memory`, {
      hint: option === "--vram" ? "For CPU only, say --gpu none." : "Leave it out to use this machine's.",
    });
  }
  return bytes;
}

/** One size for all, one for each, or none given. */
function sizeFor(sizes: readonly number[], index: number, count: number): number | undefined {
  if (sizes.length > 1 && sizes.length !== count) {
    throw new FitcheckError("BAD_VALUE", `--vram gives ${sizes.length} sizes for ${count} GPUs`, {
      hint: "Give one size for all of them, or one for each.",
    });
  }
  return sizes.length === 1 ? sizes[0] : sizes[index];
}

type Unnumbered = Omit<Device, "id">;

function deviceOf(gpu: Gpu, totalBytes: number, usableBytes: number, sizeSource: string): Unnumbered {
  const { bandwidthBytesPerSecond: bandwidth, computeCapability } = gpu;
  const bandwidthSource = gpu.sources.bandwidthBytesPerSecond ?? gpu.sources.card ?? "";
  return {
    name: gpu.name,
    vendor: gpu.vendor === "qualcomm" ? "unknown" : gpu.vendor,
    backend: backendOf(gpu.vendor, gpu.memory === "unified", computeCapability),
    memory: gpu.memory,
    totalBytes,
    usableBytes,
    ...(bandwidth === undefined ? {} : { bandwidthBytesPerSecond: bandwidth }),
    ...(computeCapability === undefined ? {} : { computeCapability }),
    catalogId: gpu.id,
    sources: {
      totalBytes: sizeSource,
      ...(bandwidth === undefined ? {} : { bandwidthBytesPerSecond: bandwidthSource }),
    },
  };
}

function discreteDevice(gpu: Gpu, vramBytes: number | undefined): Unnumbered {
  const bytes = vramBytes ?? gpu.reportedBytes ?? gpu.memoryBytes;
  if (bytes === undefined) {
    throw new FitcheckError("BAD_VALUE", `the memory of the ${gpu.name} is not known`, {
      hint: "Give it with --vram.",
    });
  }
  const source =
    gpu.reportedBytes === undefined ? (gpu.sources.memoryBytes ?? gpu.sources.card) : gpu.sources.reportedBytes;
  return deviceOf(gpu, bytes, bytes, vramBytes === undefined ? (source ?? "") : "--vram");
}

/** A GPU on the computer's own RAM, and that RAM. */
function unifiedDevice(
  gpu: Gpu,
  vramBytes: number | undefined,
  ramBytes: number,
  notes: Note[],
): { device: Unnumbered; ramBytes: number } {
  const ram = gpu.reportedBytes ?? gpu.memoryBytes ?? ramBytes;
  const sizeSource = gpu.sources.reportedBytes ?? gpu.sources.memoryBytes ?? gpu.sources.card ?? "";
  if (vramBytes !== undefined) {
    const total = gpu.vendor === "apple" ? ram : vramBytes;
    return { device: deviceOf(gpu, total, vramBytes, "--vram"), ramBytes: Math.max(ram, vramBytes) };
  }
  if (gpu.vendor === "apple") {
    const limitBytes = appleWorkingSetBytes(ram, ASSUMED_MACOS);
    const olderLimitBytes = appleWorkingSetBytes(ram, ASSUMED_MACOS - 1);
    notes.push({
      code: "APPLE_LIMIT_ASSUMED",
      args: { name: gpu.name, limitBytes, ramBytes: ram, macos: ASSUMED_MACOS, olderLimitBytes },
    });
    return { device: deviceOf(gpu, ram, limitBytes, sizeSource), ramBytes: ram };
  }
  if (gpu.sharedFraction !== undefined) {
    const poolBytes = Math.floor(ram * gpu.sharedFraction);
    notes.push({ code: "SHARED_POOL_ASSUMED", args: { name: gpu.name, poolBytes, ramBytes: ram } });
    return { device: deviceOf(gpu, poolBytes, poolBytes, gpu.sources.sharedFraction ?? ""), ramBytes: ram };
  }
  notes.push({ code: "UNIFIED_MEMORY", args: { name: gpu.name, ramBytes: ram } });
  return { device: deviceOf(gpu, ram, ram, sizeSource), ramBytes: ram };
}

/** Memory without a card: the maker, and with it the speed, stays unknown. */
function namelessDevices(sizes: readonly number[], notes: Note[]): Unnumbered[] {
  notes.push({ code: "VRAM_WITHOUT_GPU", args: {} });
  return sizes.map((bytes) => ({
    name: "GPU",
    vendor: "unknown",
    backend: backendOf("unknown", false),
    memory: "discrete",
    totalBytes: bytes,
    usableBytes: bytes,
    sources: { totalBytes: "--vram" },
  }));
}

/**
 * The hardware that was typed instead of detected. The RAM is `--ram`, else that of a GPU which shares
 * it, else this machine's (`host`).
 * @throws FitcheckError UNKNOWN_GPU or BAD_VALUE, with a hint and what to type instead
 */
export function givenHardware(spec: GivenSpec, host: Host = detectHost()): Hardware {
  const notes: Note[] = [];
  const ramBytes = spec.ram === undefined ? undefined : positiveBytes(spec.ram, "--ram");
  const sizes = sizeList(spec.vram);
  const gpuText = spec.gpu?.trim();
  let sharedRam: number | undefined;
  let devices: Unnumbered[] = [];

  if (gpuText?.toLowerCase() === "none") {
    if (sizes.length > 0) throw new FitcheckError("BAD_VALUE", "--gpu none has no memory to give with --vram");
  } else if (gpuText === undefined || gpuText === "") {
    devices = sizes.length > 0 ? namelessDevices(sizes, notes) : [];
  } else {
    const names = deviceNames(gpuText);
    const cards = new Map([...new Set(names)].map((name) => [name, knownGpu(name, notes)]));
    for (const [index, name] of names.entries()) {
      const gpu = cards.get(name) as Gpu;
      const vramBytes = sizeFor(sizes, index, names.length);
      if (gpu.memory === "discrete") {
        devices.push(discreteDevice(gpu, vramBytes));
        continue;
      }
      if (names.length > 1) {
        throw new FitcheckError("BAD_VALUE", `${gpu.name} shares the computer's RAM and cannot be one of several GPUs`);
      }
      const unified = unifiedDevice(gpu, vramBytes, ramBytes ?? host.totalBytes, notes);
      devices.push(unified.device);
      sharedRam = unified.ramBytes;
    }
  }
  const totalBytes = ramBytes ?? sharedRam;
  return { source: "given", devices: withIds(devices), host: totalBytes === undefined ? host : { totalBytes }, notes };
}
