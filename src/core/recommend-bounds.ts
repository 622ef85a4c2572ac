import type { Device, Hardware } from "./hardware.js";
import { COMFORTABLE_SHARE, hostBytes } from "./judge.js";
import type { ModelCandidate } from "./model-candidate.js";
import { overheadBytes } from "./overhead.js";
import { HEADROOM_POINTS, lossPoints, modelPoints, slowPoints } from "./recommend-score.js";
import type { Settings } from "./settings.js";
import { makerOf, speedClassOf } from "./speed-class.js";
import { SPEED } from "./speed-constants.js";

/** Part of a model in RAM: as few bits as lose little, the first of these that there is. */
const OFFLOADED_QUANTS = ["MXFP4", "Q4_K_M", "IQ4_XS"];
/** The best of their size; the others lie between two of these, or lose more at the same bits. */
const WHOLE_QUANTS = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "MXFP4", "IQ4_XS", "Q3_K_M", "IQ3_XXS", "IQ2_M"];
/** What an estimate that costs nothing may be off, in the model's favour. */
const GENEROUS = 1.05;

/** One way to run one model, before it is worked out. */
export interface Option {
  readonly candidate: ModelCandidate;
  readonly quant: string;
  readonly whole: boolean;
  /** It scores no more than this. */
  readonly most: number;
}

/** Sizes and speeds of the hardware as a whole, as far as bounds need them. */
export interface Machine {
  /** Bytes for a model on the GPUs, and altogether. */
  readonly onGpus: number;
  readonly all: number;
  readonly comfortable: number;
  /** Bytes per second that the fastest GPU reads of weights and of cache, and of RAM; without end where not known. */
  readonly weightRate: number;
  readonly cacheRate: number;
  readonly ramRate: number;
  /** Seconds that a layer takes whatever its size. */
  readonly layerSeconds: number;
}

export function machineOf(hardware: Hardware, { marginBytes }: Settings): Machine {
  const { devices } = hardware;
  const sum = (part: (device: Device) => number) => devices.reduce((total, device) => total + part(device), 0);
  const overhead = (device: Device) => overheadBytes(device.backend);
  const onGpus = sum((device) => Math.max(device.usableBytes - marginBytes - overhead(device), 0));
  const shared = devices.some((device) => device.memory === "unified");
  const rates = devices.map(ratesOf);
  const fastest = (part: (rates: Rates) => number) =>
    Math.max(...rates.map(part), rates.length > 0 ? 0 : UNKNOWN.weights);
  return {
    onGpus,
    all: hostBytes(hardware) + (shared ? 0 : onGpus),
    comfortable: sum((device) => (1 - COMFORTABLE_SHARE) * device.usableBytes - overhead(device)),
    weightRate: fastest((rate) => rate.weights),
    cacheRate: fastest((rate) => rate.cache),
    ramRate: shared ? fastest((rate) => rate.weights) : SPEED.cpu.assumed.expected,
    layerSeconds: Math.min(...rates.map((rate) => rate.layerSeconds), rates.length > 0 ? 1 : 0),
  };
}

interface Rates {
  readonly weights: number;
  readonly cache: number;
  readonly layerSeconds: number;
}

const UNKNOWN: Rates = { weights: Number.POSITIVE_INFINITY, cache: Number.POSITIVE_INFINITY, layerSeconds: 0 };

function ratesOf(device: Device): Rates {
  const known = speedClassOf(device);
  const bandwidth = device.bandwidthBytesPerSecond;
  if (known === undefined || bandwidth === undefined) return UNKNOWN;
  const { efficiency, blockMicroseconds } = SPEED.classes[known];
  return {
    weights: bandwidth * efficiency,
    cache: bandwidth * SPEED.cacheEfficiency[makerOf(known)],
    layerSeconds: blockMicroseconds / 1e6,
  };
}

/** The ways to run a model here that its sizes do not rule out. */
export function optionsOf(candidate: ModelCandidate, machine: Machine, settings: Settings): Option[] {
  const points = modelPoints(candidate);
  const context = contextBytes(candidate, settings);
  const options: Option[] = [];
  for (const quant of WHOLE_QUANTS) {
    const weights = candidate.sizes.weights.get(quant);
    if (weights === undefined || weights + context.all > machine.onGpus) continue;
    const bits = (weights * 8) / candidate.parameters;
    const reading = readBytes(candidate, weights) / machine.weightRate + context.cache / 2 / machine.cacheRate;
    const slow = slowPoints(1 / (secondsAtLeast(candidate, machine) + reading), candidate);
    const headroom = weights + context.all <= machine.comfortable ? HEADROOM_POINTS.A : HEADROOM_POINTS.B;
    options.push({ candidate, quant, whole: true, most: points - lossPoints(bits * GENEROUS) - slow - headroom });
  }
  const quant = OFFLOADED_QUANTS.find((name) => candidate.sizes.weights.has(name));
  const weights = candidate.sizes.weights.get(quant ?? "") ?? 0;
  const runsInRam = candidate.activeParameters !== undefined || machine.onGpus === 0;
  if (options.length > 0 || quant === undefined || !runsInRam || weights + context.all > machine.all) return options;
  const inRam = Math.max(1 - machine.onGpus / (weights + context.all), 0) * readBytes(candidate, weights);
  const seconds = secondsAtLeast(candidate, machine) + inRam / machine.ramRate;
  const most = points - HEADROOM_POINTS.D - slowPoints(1 / seconds, candidate);
  return [
    { candidate, quant, whole: false, most: most - lossPoints(((weights * 8) / candidate.parameters) * GENEROUS) },
  ];
}

function secondsAtLeast({ sizes: { layers } }: ModelCandidate, { layerSeconds }: Machine): number {
  return layers * layerSeconds;
}

/** Bytes of weights that a token reads, at least. */
function readBytes({ parameters, activeParameters }: ModelCandidate, weights: number): number {
  return (weights * (activeParameters ?? parameters)) / parameters / GENEROUS;
}

/** Cache alone, and with compute, at this context and at least: a quantized cache is smaller than the catalog's. */
function contextBytes({ sizes }: ModelCandidate, settings: Settings): { cache: number; all: number } {
  const [short, long] = sizes.contexts;
  const [cacheThere, cacheFurther] = sizes.cache;
  const { contextLength, cacheTypeK, cacheTypeV, ubatch } = settings;
  const f16 = cacheTypeK === "f16" && cacheTypeV === "f16";
  const further = ((contextLength - short) / (long - short)) * (cacheFurther - cacheThere);
  const f16Cache = contextLength < short ? (cacheThere * contextLength) / short : cacheThere + further;
  const cache = f16 ? f16Cache : f16Cache / 4;
  return { cache, all: cache + sizes.compute[0] * Math.min(ubatch / 512, contextLength / short, 1) * 0.9 };
}
