import type { Placement } from "./report.js";
import type { Settings } from "./settings.js";
import type { WeighedQuant } from "./weigh.js";

/** What a change starts from, and what it comes to. */
interface Situation {
  readonly settings: Settings;
  readonly quant: WeighedQuant;
}

interface Outcome extends Situation {
  readonly placement: Placement;
  /** Cards to buy. */
  readonly gpus: number;
}

/** Costs of single changes, in points. docs/plans.md says why each is what it is. */
const COST = {
  /** Per halving: only prompts take longer. */
  ubatch: 1,
  q8Cache: 2,
  q4Cache: 6,
  /** Per halving. */
  sequences: 3,
  context: 4,
  /** Per bit and weight lost above and below four bits. */
  bit: 4,
  lowBit: 10,
  /** Anything at all in RAM, and on top of it all of it. */
  offload: 8,
  offloadShare: 20,
  card: 25,
} as const;

const LOW_BITS = 4;

/** What a change costs the user: quality, length, speed and money on one scale. Lower is better. */
export function adviceCost(before: Situation, after: Outcome): number {
  const halvings = (from: number, to: number) => Math.max(Math.log2(from / to), 0);
  const perSequence = ({ settings }: Situation) =>
    settings.kvUnified ? settings.contextLength : settings.contextLength / settings.parallel;
  const cost =
    COST.ubatch * halvings(before.settings.ubatch, after.settings.ubatch) +
    COST.context * halvings(perSequence(before), perSequence(after)) +
    COST.sequences * halvings(before.settings.parallel, after.settings.parallel) +
    cacheCost(before.settings, after.settings) +
    bitsCost(before.quant, after.quant) +
    offloadCost(after.placement) +
    COST.card * after.gpus;
  return Math.round(cost * 100) / 100;
}

function cacheCost(before: Settings, after: Settings): number {
  if (before.cacheTypeK === after.cacheTypeK && before.cacheTypeV === after.cacheTypeV) return 0;
  return after.cacheTypeK === "q8_0" ? COST.q8Cache : COST.q4Cache;
}

function bitsCost(before: WeighedQuant, after: WeighedQuant): number {
  const [from, to] = [bitsOf(before), bitsOf(after)];
  const above = Math.max(from, LOW_BITS) - Math.max(to, LOW_BITS);
  const below = Math.min(from, LOW_BITS) - Math.min(to, LOW_BITS);
  return COST.bit * Math.max(above, 0) + COST.lowBit * Math.max(below, 0);
}

/** Bits per weight. */
function bitsOf({ model, tensorBytes }: WeighedQuant): number {
  const weights = model.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return (tensorBytes * 8) / weights;
}

function offloadCost({ gpuLayers, layers, cpuMoeLayers, kvOffload, overrideTensors, memory }: Placement): number {
  if (gpuLayers >= layers && cpuMoeLayers === 0 && kvOffload && !overrideTensors) return 0;
  const onGpu = memory.devices.reduce((sum, device) => sum + device.weightsBytes + device.cacheBytes, 0);
  const inRam = memory.host.weightsBytes + memory.host.cacheBytes;
  return COST.offload + (COST.offloadShare * inRam) / Math.max(onGpu + inRam, 1);
}
