import type { Device, Hardware } from "./hardware.js";
import { sharedBy, type WeightedModel } from "./memory.js";
import type { Note } from "./note.js";
import { type PlacementPlan, placeBlocks } from "./placement.js";
import type { Placement, QuantReport, SpeedEstimate } from "./report.js";
import type { Settings } from "./settings.js";
import { makerOf, type SpeedClass, type SpeedMaker, speedClassOf } from "./speed-class.js";
import { SPEED } from "./speed-constants.js";
import { type CacheReads, cacheReads, planReads, type ReadPlan, type WeightReads, weightReads } from "./speed-reads.js";

/** How a class of devices turns bytes into time. */
export interface ClassSpeed {
  /** Part of the memory bandwidth that reading weights reaches. */
  readonly efficiency: number;
  /** Time a block takes whatever its size: kernels to start, small operations, waiting. */
  readonly blockMicroseconds: number;
}

/** How a CPU reads weights and cache from RAM. */
export interface CpuSpeed {
  readonly blockMicroseconds: number;
  /** Part of the bandwidth a CPU reaches of memory that it shares with a GPU. */
  readonly sharedEfficiency: number;
  /** Bytes per second it reads from RAM of a bandwidth that nothing tells: an assumption. */
  readonly assumed: RamRate;
}

/** Bytes per second that a CPU reads from RAM. */
export interface RamRate {
  readonly low: number;
  readonly expected: number;
  readonly high: number;
}

/** Measured over estimated that all but one in ten lie between. */
export interface Spread {
  readonly low: number;
  readonly high: number;
}

/** What of a placement decides how far an estimate may be off. */
export type SpreadKind = "nvidia" | "nvidia-hbm" | "apple" | "amd" | "intel" | "experts" | "ram";

/** All that is fitted to measurements; `scripts/calibrate-speed.mjs` writes it. */
export interface SpeedConstants {
  readonly classes: Readonly<Record<SpeedClass, ClassSpeed>>;
  /** Part of the bandwidth that reading the cache reaches. */
  readonly cacheEfficiency: Readonly<Record<SpeedMaker, number>>;
  /** That part again, for latent caches. */
  readonly latentEfficiency: number;
  /** What routing experts, or a recurrent state, adds to a block's time, as a part of it. */
  readonly expertBlock: number;
  readonly recurrentBlock: number;
  /** Handing the activations to the next device. */
  readonly hopMicroseconds: number;
  readonly cpu: CpuSpeed;
  readonly spread: Readonly<Record<SpreadKind, Spread>>;
}

/** What one backend has to do for one token. */
export interface BackendWork {
  readonly weights: WeightReads;
  readonly cache: CacheReads;
}

/**
 * Tokens per second of one sequence that runs alone. Expected: the context half full. Low to high: from a
 * full context on a slow machine of the kind to an empty one on a fast machine.
 * @param contextLength tokens asked for, all sequences together unless the cache is unified
 * @returns undefined where a device's bandwidth is unknown or nothing was measured on its like
 */
export function decodeSpeed(
  model: WeightedModel,
  placement: Omit<Placement, "layers">,
  hardware: Hardware,
  settings: Settings,
  contextLength: number,
): SpeedEstimate | undefined {
  // measured on llama.cpp: embedding models decode nothing, and other runtimes load the rest
  if (model.architecture.embedding || model.loadedBytes !== undefined) return undefined;
  const { reads, caches } = placedSpeed(model, placement, hardware, settings, contextLength);
  const weights = weightReads(model, reads, placement.memory);
  const machine = machineOf(hardware, weights, reads.plan);
  if (!machine) return undefined;
  const rate = (cache: readonly CacheReads[], ram: number) => {
    const work = weights.map((read, i) => ({ weights: read, cache: cache[i] as CacheReads }));
    return 1 / tokenSeconds(work, machine.gpus, ram, SPEED);
  };
  const { low, high } = SPEED.spread[machine.spread];
  return {
    decodeTokensPerSecond: {
      low: threeDigits(rate(caches.full, machine.ram.low) * low),
      expected: threeDigits(rate(caches.half, machine.ram.expected)),
      high: threeDigits(rate(caches.empty, machine.ram.high) * high),
    },
  };
}

/** What a placement makes a token read, apart from the types of the weights. */
interface PlacedSpeed {
  readonly reads: ReadPlan;
  readonly caches: Readonly<Record<"empty" | "half" | "full", readonly CacheReads[]>>;
}

/** Keyed by what all quantizations of a model share, then by all else it depends on. */
const placed = new WeakMap<ReturnType<typeof sharedBy>, Map<string, PlacedSpeed>>();

function placedSpeed(
  model: WeightedModel,
  placement: Omit<Placement, "layers" | "memory">,
  hardware: Hardware,
  settings: Settings,
  contextLength: number,
): PlacedSpeed {
  const { gpuLayers, cpuMoeLayers, kvOffload, tensorSplit, overrideTensors } = placement;
  const devices = hardware.devices.map((device) => ({ totalBytes: device.usableBytes }));
  const perSequence = settings.kvUnified ? contextLength : Math.floor(contextLength / settings.parallel);
  const { cacheTypeK, cacheTypeV, swaFull, batch, ubatch } = settings;
  const key = [
    [gpuLayers, cpuMoeLayers, kvOffload, tensorSplit, overrideTensors].join(" "),
    [perSequence, cacheTypeK, cacheTypeV, swaFull, batch, ubatch].join(" "),
    devices.map((device) => device.totalBytes).join(" "),
  ].join(";");
  let known = placed.get(sharedBy(model));
  if (!known) {
    known = new Map();
    placed.set(sharedBy(model), known);
  }
  let made = known.get(key);
  if (!made) {
    const plan = placeBlocks({ ...placement, blockCount: model.hp.number("block_count"), devices });
    const cache = (kept: number) => cacheReads(model, plan, { ...settings, kvOffload }, kept);
    made = {
      reads: planReads(model, plan),
      caches: { empty: cache(0), half: cache(Math.floor(perSequence / 2)), full: cache(perSequence - 1) },
    };
    known.set(key, made);
  }
  return made;
}

/** More digits would only pretend. */
function threeDigits(value: number): number {
  return Number(value.toPrecision(3));
}

/** Says so where a speed rests on an assumed RAM bandwidth. */
export function speedNotes(
  hardware: Pick<Hardware, "devices">,
  quants: readonly Pick<QuantReport, "speed" | "verdict">[],
): Note[] {
  const fromRam = quants.some(({ speed, verdict }) => speed && (verdict === "partial" || verdict === "cpu"));
  const { low, high } = ramRate(hardware, SPEED.cpu);
  if (!fromRam || low === high) return [];
  return [{ code: "SPEED_ASSUMES_RAM", args: { lowBytesPerSecond: low, highBytesPerSecond: high } }];
}

/** A GPU as far as decoding goes; bandwidth in bytes per second. */
export interface SpeedDevice {
  readonly speedClass: SpeedClass;
  readonly bandwidth: number;
}

interface Machine {
  /** Undefined for one that holds nothing. */
  readonly gpus: readonly (SpeedDevice | undefined)[];
  readonly ram: RamRate;
  readonly spread: SpreadKind;
}

/** Undefined when a GPU that holds blocks has no known bandwidth or class. */
function machineOf(hardware: Hardware, weights: readonly WeightReads[], plan: PlacementPlan): Machine | undefined {
  const gpus = hardware.devices.map((device, i) => ((weights[i]?.bytes ?? 0) > 0 ? speedDevice(device) : undefined));
  if (gpus.some((gpu, i) => gpu === undefined && (weights[i]?.bytes ?? 0) > 0)) return undefined;
  return { gpus, ram: ramRate(hardware, SPEED.cpu), spread: spreadKind(gpus, weights, plan) };
}

/** What a CPU reads from this machine's RAM: known where a GPU of known bandwidth shares it. */
export function ramRate(hardware: Pick<Hardware, "devices">, cpu: CpuSpeed): RamRate {
  const shared = hardware.devices.find((device) => device.memory === "unified")?.bandwidthBytesPerSecond;
  if (shared === undefined) return cpu.assumed;
  const rate = shared * cpu.sharedEfficiency;
  return { low: rate, expected: rate, high: rate };
}

export function speedDevice(device: Device): SpeedDevice | undefined {
  const speedClass = speedClassOf(device);
  const bandwidth = device.bandwidthBytesPerSecond;
  return speedClass === undefined || bandwidth === undefined ? undefined : { speedClass, bandwidth };
}

/** Which spread holds for work placed like this. */
export function spreadKind(
  gpus: readonly (SpeedDevice | undefined)[],
  weights: readonly WeightReads[],
  plan: Pick<PlacementPlan, "cpu">,
): SpreadKind {
  if ((weights[plan.cpu]?.bytes ?? 0) > 0) return "ram";
  const classes = new Set(gpus.flatMap((gpu) => (gpu ? [gpu.speedClass] : [])));
  const makers = new Set([...classes].map(makerOf));
  if (makers.has("intel")) return "intel";
  if (classes.has("nvidia-hbm")) return "nvidia-hbm";
  if (weights.some((read) => read.expertBlocks > 0)) return "experts";
  return makers.has("amd") ? "amd" : makers.has("apple") ? "apple" : "nvidia";
}

/**
 * Seconds for one token: the backends work one after the other, as with llama.cpp's split by layers.
 * @param work per GPU, the CPU's last
 * @param ramBytesPerSecond what the CPU reads from RAM
 */
export function tokenSeconds(
  work: readonly BackendWork[],
  gpus: readonly (SpeedDevice | undefined)[],
  ramBytesPerSecond: number,
  constants: SpeedConstants,
): number {
  let seconds = 0;
  let used = 0;
  gpus.forEach((gpu, i) => {
    if (!gpu) return;
    const { efficiency, blockMicroseconds } = constants.classes[gpu.speedClass];
    const cacheBandwidth = gpu.bandwidth * constants.cacheEfficiency[makerOf(gpu.speedClass)];
    const { weights, cache } = work[i] as BackendWork;
    used++;
    seconds += weights.bytes / (gpu.bandwidth * efficiency);
    seconds += (cache.bytes + cache.latentBytes / constants.latentEfficiency) / cacheBandwidth;
    seconds += blockSeconds(weights, blockMicroseconds, constants);
  });
  const { weights, cache } = work[gpus.length] as BackendWork;
  seconds += (weights.bytes + cache.bytes + cache.latentBytes) / ramBytesPerSecond;
  seconds += blockSeconds(weights, constants.cpu.blockMicroseconds, constants);
  return seconds + Math.max(0, used - 1) * constants.hopMicroseconds * 1e-6;
}

function blockSeconds(weights: WeightReads, blockMicroseconds: number, constants: SpeedConstants): number {
  const { expertBlock, recurrentBlock } = constants;
  const blocks = weights.blocks + weights.expertBlocks * expertBlock + weights.recurrentBlocks * recurrentBlock;
  return blocks * blockMicroseconds * 1e-6;
}
