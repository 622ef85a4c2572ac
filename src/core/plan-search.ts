import type { Hardware } from "./hardware.js";
import { hostBytes, overflow } from "./judge.js";
import { type ExpertPart, expertParts, type LayerBytes } from "./layer-bytes.js";
import type { WeightedModel } from "./memory.js";
import { overheadBytes } from "./overhead.js";
import { placeBlocks } from "./placement.js";
import type { MemoryEstimate } from "./report.js";
import type { Settings } from "./settings.js";

/** Where to put blocks, experts and cache; the rest of the settings stays. */
export interface Position {
  readonly gpuLayers: number | "all";
  readonly cpuMoeLayers: number;
  readonly tensorSplit?: readonly number[] | undefined;
  readonly overrideTensors?: readonly string[] | undefined;
  /** Absent: as the settings say. */
  readonly kvOffload?: boolean;
}

/** What the search asks of the estimator. */
export interface PlanEstimator {
  /** Exact memory. */
  memory(position: Position): MemoryEstimate;
  /** Bytes of single blocks. */
  layerBytes(kvOffload: boolean): LayerBytes;
  /** Compute bytes per device with everything on the GPUs. */
  fullCompute(): readonly number[];
}

/** Compute buffers of the last plan found: those of the next quantization are nearly the same. */
export interface Hint {
  compute?: readonly number[];
}

/** A placement to try: layers per device, the output counted as the last layer. */
interface Candidate {
  readonly counts: readonly number[];
  readonly cpuMoeLayers: number;
  readonly overrideTensors?: readonly string[];
}

/** A placement that fits the GPUs, with its exact memory. */
export interface Plan {
  readonly position: Position;
  readonly memory: MemoryEstimate;
}

interface Found extends Plan, Candidate {}

/** Part of the experts of a block that stays on its GPU. */
interface Part {
  readonly block: number;
  readonly bytes: number;
}

/**
 * With the cache in RAM a token must read at most this share of the bytes from RAM that it reads with layers or
 * experts there instead: attention then runs on the CPU in every layer, which costs time of its own.
 */
const CACHE_IN_RAM_GAIN = 0.9;

/**
 * Looks for the best placement of one quantization at one context. The bytes of the blocks and a guess of the
 * compute buffers say nearly where it lies; exact memory is worked out there and next to it only.
 */
export class PlanSearch {
  private readonly model: WeightedModel;
  private readonly hardware: Hardware;
  private readonly settings: Settings;
  private readonly estimator: PlanEstimator;
  private readonly hint: Hint;
  private readonly blocks: number;

  constructor(
    model: WeightedModel,
    hardware: Hardware,
    settings: Settings,
    estimator: PlanEstimator,
    hint: Hint = {},
  ) {
    this.model = model;
    this.hardware = hardware;
    this.settings = settings;
    this.estimator = estimator;
    this.hint = hint;
    this.blocks = model.hp.number("block_count");
  }

  /** Everything on several GPUs by another split than by size; undefined where none fits or the user set one. */
  everything(): Plan | undefined {
    if (this.hardware.devices.length < 2 || this.settings.tensorSplit) return undefined;
    const { kvOffload } = this.settings;
    const bytes = this.estimator.layerBytes(kvOffload);
    return this.converge((compute) => this.allLayers(bytes, compute, 0), this.estimator.fullCompute(), kvOffload);
  }

  /** The best plan with a part in RAM, whatever that leaves there. */
  partly(): Plan | undefined {
    const { kvOffload } = this.settings;
    const bytes = this.estimator.layerBytes(kvOffload);
    if (this.exceedsEverything(bytes)) return undefined;
    const plan = this.withExpertsInRam(bytes) ?? this.withLayersInRam(bytes);
    if (plan) this.hint.compute = computeOf(plan.memory);
    return (kvOffload && this.withCacheInRam(bytes, plan)) || plan;
  }

  private get isMixture(): boolean {
    return this.model.hp.number("expert_count", 0) > 0;
  }

  /** True when the weights alone are more than all memory together: no placement needs trying. */
  private exceedsEverything(bytes: LayerBytes): boolean {
    const discrete = this.hardware.devices.filter((device) => device.memory === "discrete");
    const usable = sum(discrete.map((device) => device.usableBytes));
    return sum(bytes.dense) + sum(bytes.experts) > usable + hostBytes(this.hardware);
  }

  /** All layers on the GPUs, and of as many of the last ones as possible the experts too. */
  private withExpertsInRam(bytes: LayerBytes): Found | undefined {
    if (!this.isMixture) return undefined;
    let found = this.converge((compute) => this.fewestExpertsInRam(bytes, compute), this.guess());
    for (let next = found; next; ) {
      found = next;
      next = this.firstFitting(bytes, this.withOneMoreExpertLayer(bytes, found));
    }
    return found && this.withPartOfALayer(bytes, found);
  }

  private fewestExpertsInRam(bytes: LayerBytes, compute: readonly number[]): Candidate | undefined {
    let low = 1;
    let high = this.blocks;
    if (!this.allLayers(bytes, compute, high)) return undefined;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.allLayers(bytes, compute, middle)) high = middle;
      else low = middle + 1;
    }
    return this.allLayers(bytes, compute, low);
  }

  private withOneMoreExpertLayer(bytes: LayerBytes, found: Found): Candidate[] {
    if (found.cpuMoeLayers === 0) return [];
    const cpuMoeLayers = found.cpuMoeLayers - 1;
    const candidates: Candidate[] = [{ counts: found.counts, cpuMoeLayers }];
    if (found.counts.length > 1) {
      const other = this.allLayers(bytes, computeOf(found.memory), cpuMoeLayers);
      candidates.push(...(other ? [other] : []), { counts: this.dealt(this.blocks + 1), cpuMoeLayers });
    }
    return candidates;
  }

  /** Of the experts next to go to a GPU, the weights that still fit. */
  private withPartOfALayer(bytes: LayerBytes, found: Found): Found {
    const block = found.cpuMoeLayers - 1;
    if (block < 0) return found;
    for (const [onGpu, inRam] of divisions(expertParts(this.model, block))) {
      const part = { block, bytes: sum(onGpu.map((weight) => weight.bytes)) };
      const pattern = `blk\\.${block}\\.(${inRam.map((weight) => weight.name).join("|")})=CPU`;
      const candidate = { counts: found.counts, cpuMoeLayers: block, overrideTensors: [pattern] };
      if (!this.roughlyFits(bytes, candidate, computeOf(found.memory), part)) continue;
      const next = this.exact(candidate);
      if (next) return next;
    }
    return found;
  }

  /** As many layers as possible on the GPUs, the last ones first; of a mixture without their experts. */
  private withLayersInRam(bytes: LayerBytes): Found | undefined {
    const cpuMoeLayers = this.isMixture ? this.blocks : 0;
    let found = this.converge((compute) => {
      const counts = this.fill(bytes, compute, cpuMoeLayers);
      return sum(counts) > 0 ? { counts, cpuMoeLayers } : undefined;
    }, this.guess());
    for (let next = found; next; ) {
      found = next;
      next = this.firstFitting(bytes, this.withOneMoreLayer(found));
    }
    return found;
  }

  private withOneMoreLayer({ counts, cpuMoeLayers }: Found): Candidate[] {
    const layers = sum(counts) + 1;
    if (layers > this.blocks + 1) return [];
    const bySize = { counts: this.dealt(layers), cpuMoeLayers };
    if (this.settings.tensorSplit || counts.length === 1) return [bySize];
    const each = counts.map((_, d) => ({
      counts: counts.map((count, i) => (i === d ? count + 1 : count)),
      cpuMoeLayers,
    }));
    return [...each, bySize];
  }

  /** All weights on the GPUs and the cache in RAM, where that reads clearly less from RAM than `plan` does. */
  private withCacheInRam(bytes: LayerBytes, plan: Found | undefined): Found | undefined {
    if (plan && sum(bytes.cache) / 2 > CACHE_IN_RAM_GAIN * this.readFromRam(bytes, plan)) return undefined;
    const without = this.estimator.layerBytes(false);
    return this.converge((compute) => this.allLayers(without, compute, 0), this.estimator.fullCompute(), false);
  }

  /** Bytes that a token reads from RAM: weights as far as they are used, and a cache that is half full. */
  private readFromRam(bytes: LayerBytes, { counts, cpuMoeLayers }: Found): number {
    const { hp } = this.model;
    const used = hp.number("expert_used_count", 0) / Math.max(hp.number("expert_count", 0), 1);
    const first = this.blocks + 1 - sum(counts);
    let read = 0;
    for (let il = 0; il < this.blocks; il++) {
      if (il < first) read += (bytes.dense[il] ?? 0) + (bytes.cache[il] ?? 0) / 2;
      if (il < first || il < cpuMoeLayers) read += (bytes.experts[il] ?? 0) * used;
    }
    return read;
  }

  /** Every layer on a GPU with the experts of the first `cpuMoeLayers` in RAM; undefined where that does not fit. */
  private allLayers(bytes: LayerBytes, compute: readonly number[], cpuMoeLayers: number): Candidate | undefined {
    const counts = this.fill(bytes, compute, cpuMoeLayers);
    return sum(counts) > this.blocks ? { counts, cpuMoeLayers } : undefined;
  }

  /** As many layers as fit: the last device takes what it holds, then the one before it. */
  private fill(bytes: LayerBytes, compute: readonly number[], cpuMoeLayers: number): number[] {
    if (this.settings.tensorSplit) return this.mostDealt(bytes, compute, cpuMoeLayers);
    const counts = this.hardware.devices.map(() => 0);
    let block = this.blocks;
    for (let d = counts.length - 1; d >= 0; d--) {
      let room = this.room(d) - bytes.perDevice - (compute[d] ?? 0);
      for (; block >= 0; block--) {
        room -= this.blockBytes(bytes, block, cpuMoeLayers);
        if (room < 0) break;
        counts[d] = (counts[d] ?? 0) + 1;
      }
    }
    return counts;
  }

  /** The most layers that fit when the user's own split deals them. */
  private mostDealt(bytes: LayerBytes, compute: readonly number[], cpuMoeLayers: number): number[] {
    for (let layers = this.blocks + 1; layers > 0; layers--) {
      const counts = this.dealt(layers);
      if (this.roughlyFits(bytes, { counts, cpuMoeLayers }, compute)) return counts;
    }
    return this.hardware.devices.map(() => 0);
  }

  /** How many of `layers` layers each device gets by the user's split, or by size. */
  private dealt(gpuLayers: number): number[] {
    const devices = this.hardware.devices.map((device) => ({ totalBytes: device.usableBytes }));
    const { tensorSplit } = this.settings;
    const plan = placeBlocks({ blockCount: this.blocks, gpuLayers, cpuMoeLayers: 0, devices, tensorSplit });
    const counts = devices.map(() => 0);
    for (const backend of [...plan.blockBackends, plan.outputBackend]) {
      if (backend < plan.cpu) counts[backend] = (counts[backend] ?? 0) + 1;
    }
    return counts;
  }

  private blockBytes(bytes: LayerBytes, block: number, cpuMoeLayers: number): number {
    if (block === this.blocks) return bytes.output;
    const experts = block < cpuMoeLayers ? 0 : (bytes.experts[block] ?? 0);
    return (bytes.dense[block] ?? 0) + (bytes.cache[block] ?? 0) + experts;
  }

  /** Bytes of device `d` for blocks and compute. */
  private room(d: number): number {
    const device = this.hardware.devices[d];
    return device ? device.usableBytes - this.settings.marginBytes - overheadBytes(device.backend) : 0;
  }

  /** Do the blocks fit beside these compute buffers? Without any, false means for certain that they do not. */
  private roughlyFits(bytes: LayerBytes, candidate: Candidate, compute: readonly number[], part?: Part): boolean {
    let block = this.blocks + 1 - sum(candidate.counts);
    return candidate.counts.every((count, d) => {
      let room = this.room(d) - (compute[d] ?? 0);
      for (const end = block + count; block < end; block++) {
        room -= this.blockBytes(bytes, block, candidate.cpuMoeLayers);
        if (block === part?.block) room += (bytes.experts[block] ?? 0) - part.bytes;
      }
      return room >= 0;
    });
  }

  private guess(): readonly number[] {
    return this.hint.compute ?? this.estimator.fullCompute();
  }

  /**
   * Tries what `propose` makes of the compute buffers, then what it makes of those that this really has, until
   * nothing new comes up. Buffers only grow on the way, so this ends.
   */
  private converge(
    propose: (compute: readonly number[]) => Candidate | undefined,
    guess: readonly number[],
    kvOffload = this.settings.kvOffload,
  ): Found | undefined {
    const tried = new Set<string>();
    let best: Found | undefined;
    let compute = guess;
    for (let round = 0; ; round++) {
      const candidate = propose(compute);
      const key = candidate && `${candidate.counts} ${candidate.cpuMoeLayers}`;
      if (!candidate || !key || tried.has(key)) return best;
      tried.add(key);
      const position = this.positionOf(candidate, kvOffload);
      const memory = this.estimator.memory(position);
      if (this.overflowOf(memory) <= 0) {
        if (best) return best;
        best = { ...candidate, position, memory };
      }
      const real = computeOf(memory);
      compute = round === 0 ? real : real.map((bytes, d) => Math.max(bytes, compute[d] ?? 0));
    }
  }

  private firstFitting(bytes: LayerBytes, candidates: readonly Candidate[]): Found | undefined {
    for (const candidate of candidates) {
      const found = this.roughlyFits(bytes, candidate, []) ? this.exact(candidate) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  private exact(candidate: Candidate): Found | undefined {
    const position = this.positionOf(candidate, this.settings.kvOffload);
    const memory = this.estimator.memory(position);
    return this.overflowOf(memory) <= 0 ? { ...candidate, position, memory } : undefined;
  }

  private overflowOf(memory: MemoryEstimate): number {
    return overflow(memory, this.hardware, this.settings.marginBytes).devices;
  }

  private positionOf({ counts, cpuMoeLayers, overrideTensors }: Candidate, kvOffload: boolean): Position {
    const split = this.settings.tensorSplit ?? (counts.length > 1 ? counts : undefined);
    return {
      gpuLayers: sum(counts),
      cpuMoeLayers,
      kvOffload,
      ...(split ? { tensorSplit: split } : {}),
      ...(overrideTensors ? { overrideTensors } : {}),
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function computeOf(memory: MemoryEstimate): number[] {
  return memory.devices.map((device) => device.computeBytes);
}

/** Every way to leave some of the weights on the GPU and some in RAM, the most on the GPU first. */
function divisions(parts: readonly ExpertPart[]): [onGpu: ExpertPart[], inRam: ExpertPart[]][] {
  const made: [ExpertPart[], ExpertPart[]][] = [];
  for (let mask = 1; mask < 2 ** parts.length - 1; mask++) {
    const isOnGpu = (_: ExpertPart, i: number) => (mask & (1 << i)) !== 0;
    made.push([parts.filter(isOnGpu), parts.filter((part, i) => !isOnGpu(part, i))]);
  }
  const onGpu = ([kept]: [ExpertPart[], ExpertPart[]]) => sum(kept.map((part) => part.bytes));
  return made.sort((a, b) => onGpu(b) - onGpu(a));
}
