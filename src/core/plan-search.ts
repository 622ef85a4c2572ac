import type { Hardware } from "./hardware.js";
import { hostBytes, overflow } from "./judge.js";
import { type ExpertPart, expertParts, type LayerBytes } from "./layer-bytes.js";
import type { WeightedModel } from "./memory.js";
import { overheadBytes } from "./overhead.js";
import { placeBlocks } from "./placement.js";
import type { MemoryEstimate } from "./report.js";
import type { Settings } from "./settings.js";
import { MiB } from "./units.js";

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

/** What the last plan found out and is nearly the same for the next quantization. */
export interface Hint {
  compute?: readonly number[];
  /** The compute buffer is clearly smaller with the experts of the last blocks in RAM than with the first. */
  lastIsSmaller?: boolean;
}

/** A placement to try: layers per device, the output counted as the last layer. */
interface Candidate {
  readonly counts: readonly number[];
  /** Blocks whose experts are all in RAM. */
  readonly inRam: ExpertBlocks;
  /** Experts of further blocks, as far as those stay on the GPU. */
  readonly divided?: Division;
}

/** So many blocks from one end of the model: the first ones (`--n-cpu-moe`) or the last ones (`-ot`). */
interface ExpertBlocks {
  readonly count: number;
  readonly last?: boolean;
}

/** Blocks of which some expert weights are on the GPU and some in RAM. */
interface Division {
  readonly onGpu: readonly ExpertPart[];
  readonly inRam: readonly ExpertPart[];
}

const NO_EXPERTS: ExpertBlocks = { count: 0 };

/** A placement that fits the GPUs, with its exact memory. */
export interface Plan {
  readonly position: Position;
  readonly memory: MemoryEstimate;
}

interface Found extends Plan, Candidate {}

/** Blocks whose experts may be divided between GPU and RAM. */
const DIVIDED_BLOCKS = 3;

/** Left free, or saved in the compute buffer: what makes it worth trying `-ot` on the last blocks. */
const MUCH = 128 * MiB;
const CLEARLY = 64 * MiB;

/** Divisions of a layer's experts that are tried before the layer stays in RAM. */
const MOST_DIVISIONS = 4;

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

  constructor(model: WeightedModel, hardware: Hardware, settings: Settings, estimator: PlanEstimator, hint: Hint = {}) {
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
    return this.converge(
      (compute) => this.allLayers(bytes, compute, NO_EXPERTS),
      this.estimator.fullCompute(),
      kvOffload,
    );
  }

  /** The best plan with a part in RAM, whatever that leaves there. */
  partly(effort: "full" | "quick" = "full"): Plan | undefined {
    const { kvOffload } = this.settings;
    const bytes = this.estimator.layerBytes(kvOffload);
    if (this.exceedsEverything(bytes)) return undefined;
    const plan = this.withExpertsInRam(bytes, effort) ?? this.withLayersInRam(bytes);
    if (plan) this.hint.compute = computeOf(plan.memory);
    return (kvOffload && this.withCacheInRam(bytes, plan)) || plan;
  }

  private get isMixture(): boolean {
    return this.model.hp.number("expert_count", 0) > 0;
  }

  /** True when weights and cache alone are more than all memory together: no placement needs trying. */
  private exceedsEverything({ everything }: LayerBytes): boolean {
    const rooms = this.hardware.devices.map((device, d) => (device.memory === "discrete" ? this.room(d) : 0));
    const memory = sum(rooms.map((room) => Math.max(room, 0))) + hostBytes(this.hardware);
    return everything > memory;
  }

  /** All layers on the GPUs, and of as many as possible the experts too. */
  private withExpertsInRam(bytes: LayerBytes, effort: "full" | "quick"): Found | undefined {
    if (!this.isMixture) return undefined;
    if (effort === "quick")
      return this.converge((compute) => this.fewestExpertsInRam(bytes, compute, false), this.guess());
    const first = this.withExpertsOf(bytes, false);
    if (!first || !this.isWorthTheOtherEnd(first)) return first;
    const last = this.withExpertsOf(bytes, true);
    return last && weightsOf(last.memory) > weightsOf(first.memory) ? last : first;
  }

  /** Is much left over, or is the compute buffer clearly smaller with the experts of the last blocks in RAM? */
  private isWorthTheOtherEnd({ counts, inRam, memory }: Found): boolean {
    if (counts.length > 1) return false;
    if (-overflow(memory, this.hardware, this.settings.marginBytes).devices >= MUCH) return true;
    if (this.hint.lastIsSmaller === undefined) {
      const last = this.plan({ counts, inRam: { count: Math.max(inRam.count, 1), last: true } });
      this.hint.lastIsSmaller = sum(computeOf(memory)) - sum(computeOf(last.memory)) >= CLEARLY;
    }
    return this.hint.lastIsSmaller;
  }

  private withExpertsOf(bytes: LayerBytes, last: boolean): Found | undefined {
    let found = this.converge((compute) => this.fewestExpertsInRam(bytes, compute, last), this.guess());
    for (let next = found; next; ) {
      found = next;
      next = this.firstFitting(bytes, this.withOneMoreExpertLayer(bytes, found));
    }
    return found && this.withPartOfALayer(bytes, found);
  }

  private fewestExpertsInRam(bytes: LayerBytes, compute: readonly number[], last: boolean): Candidate | undefined {
    const inRam = (count: number): ExpertBlocks => ({ count, last });
    let low = 1;
    let high = this.blocks;
    if (!this.allLayers(bytes, compute, inRam(high))) return undefined;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.allLayers(bytes, compute, inRam(middle))) high = middle;
      else low = middle + 1;
    }
    return this.allLayers(bytes, compute, inRam(low));
  }

  private withOneMoreExpertLayer(bytes: LayerBytes, found: Found): Candidate[] {
    if (found.inRam.count === 0) return [];
    const inRam = { ...found.inRam, count: found.inRam.count - 1 };
    const candidates: Candidate[] = [{ counts: found.counts, inRam }];
    if (found.counts.length > 1) {
      const other = this.allLayers(bytes, computeOf(found.memory), inRam);
      candidates.push(...(other ? [other] : []), { counts: this.dealt(this.blocks + 1), inRam });
    }
    return candidates;
  }

  /** Of the experts next to go to a GPU, the weights that still fit. */
  private withPartOfALayer(bytes: LayerBytes, found: Found): Found {
    const next = this.nextExperts(found.inRam);
    let compute = computeOf(found.memory);
    let tries = 0;
    for (const onGpu of divisions(next)) {
      if (!this.roughlyFits(bytes, found, compute, onGpu)) continue;
      const furthest = Math.max(...onGpu.map((part) => this.distance(part.block, found.inRam)));
      const touched = next.filter((part) => this.distance(part.block, found.inRam) <= furthest);
      const count = found.inRam.count - 1 - furthest;
      const divided = { onGpu, inRam: touched.filter((part) => !onGpu.includes(part)) };
      const tried = this.plan({ counts: found.counts, inRam: { ...found.inRam, count }, divided });
      if (this.fitsGpus(tried.memory)) return tried;
      compute = computeOf(tried.memory);
      if (++tries === MOST_DIVISIONS) break;
    }
    return found;
  }

  /** The expert weights of the blocks that are next to go to a GPU. */
  private nextExperts(inRam: ExpertBlocks): ExpertPart[] {
    const parts: ExpertPart[] = [];
    for (let i = 0, blocks = 0; i < inRam.count && blocks < DIVIDED_BLOCKS; i++) {
      const experts = expertParts(this.model, inRam.last ? this.blocks - inRam.count + i : inRam.count - 1 - i);
      parts.push(...experts);
      if (experts.length > 0) blocks++;
    }
    return parts;
  }

  /** How many blocks go to a GPU before this one. */
  private distance(block: number, inRam: ExpertBlocks): number {
    return inRam.last ? block - (this.blocks - inRam.count) : inRam.count - 1 - block;
  }

  /** As many layers as possible on the GPUs, the last ones first; of a mixture without their experts. */
  private withLayersInRam(bytes: LayerBytes): Found | undefined {
    const inRam = this.isMixture ? { count: this.blocks } : NO_EXPERTS;
    let found = this.converge((compute) => {
      const counts = this.fill(bytes, compute, inRam);
      return sum(counts) > 0 ? { counts, inRam } : undefined;
    }, this.guess());
    for (let next = found; next; ) {
      found = next;
      next = this.firstFitting(bytes, this.withOneMoreLayer(found));
    }
    return found;
  }

  private withOneMoreLayer({ counts, inRam }: Found): Candidate[] {
    const layers = sum(counts) + 1;
    if (layers > this.blocks + 1) return [];
    const bySize = { counts: this.dealt(layers), inRam };
    if (this.settings.tensorSplit || counts.length === 1) return [bySize];
    const each = counts.map((_, d) => counts.map((count, i) => (i === d ? count + 1 : count)));
    return [...each.map((more) => ({ counts: more, inRam })), bySize];
  }

  /** All weights on the GPUs and the cache in RAM, where that reads clearly less from RAM than `plan` does. */
  private withCacheInRam(bytes: LayerBytes, plan: Found | undefined): Found | undefined {
    if (plan && sum(bytes.cache) / 2 > CACHE_IN_RAM_GAIN * this.readFromRam(bytes, plan)) return undefined;
    const without = this.estimator.layerBytes(false);
    return this.converge(
      (compute) => this.allLayers(without, compute, NO_EXPERTS),
      this.estimator.fullCompute(),
      false,
    );
  }

  /** Bytes that a token reads from RAM: weights as far as they are used, and a cache that is half full. */
  private readFromRam(bytes: LayerBytes, { counts, inRam }: Found): number {
    const { hp } = this.model;
    const used = hp.number("expert_used_count", 0) / Math.max(hp.number("expert_count", 0), 1);
    const first = this.blocks + 1 - sum(counts);
    let read = 0;
    for (let il = 0; il < this.blocks; il++) {
      if (il < first) read += (bytes.dense[il] ?? 0) + (bytes.cache[il] ?? 0) / 2;
      if (il < first || this.hasExpertsInRam(il, inRam)) read += (bytes.experts[il] ?? 0) * used;
    }
    return read;
  }

  private hasExpertsInRam(block: number, { count, last }: ExpertBlocks): boolean {
    return last ? block >= this.blocks - count : block < count;
  }

  /** Every layer on a GPU with these experts in RAM; undefined where that does not fit. */
  private allLayers(bytes: LayerBytes, compute: readonly number[], inRam: ExpertBlocks): Candidate | undefined {
    const counts = this.fill(bytes, compute, inRam);
    return sum(counts) > this.blocks ? { counts, inRam } : undefined;
  }

  /** As many layers as fit: the last device takes what it holds, then the one before it. */
  private fill(bytes: LayerBytes, compute: readonly number[], inRam: ExpertBlocks): number[] {
    if (this.settings.tensorSplit) return this.mostDealt(bytes, compute, inRam);
    const counts = this.hardware.devices.map(() => 0);
    let block = this.blocks;
    for (let d = counts.length - 1; d >= 0; d--) {
      let room = this.room(d) - bytes.perDevice - (compute[d] ?? 0);
      for (; block >= 0; block--) {
        room -= this.blockBytes(bytes, block, inRam);
        if (room < 0) break;
        counts[d] = (counts[d] ?? 0) + 1;
      }
    }
    return counts;
  }

  /** The most layers that fit when the user's own split deals them. */
  private mostDealt(bytes: LayerBytes, compute: readonly number[], inRam: ExpertBlocks): number[] {
    for (let layers = this.blocks + 1; layers > 0; layers--) {
      const counts = this.dealt(layers);
      if (this.roughlyFits(bytes, { counts, inRam }, compute)) return counts;
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

  private blockBytes(bytes: LayerBytes, block: number, inRam: ExpertBlocks): number {
    if (block === this.blocks) return bytes.output;
    const experts = this.hasExpertsInRam(block, inRam) ? 0 : (bytes.experts[block] ?? 0);
    return (bytes.dense[block] ?? 0) + (bytes.cache[block] ?? 0) + experts;
  }

  /** Bytes of device `d` for blocks and compute. */
  private room(d: number): number {
    const device = this.hardware.devices[d];
    return device ? device.usableBytes - this.settings.marginBytes - overheadBytes(device.backend) : 0;
  }

  /** Do the blocks fit beside these compute buffers? Without any, false means for certain that they do not. */
  private roughlyFits(
    bytes: LayerBytes,
    candidate: Candidate,
    compute: readonly number[],
    more: readonly ExpertPart[] = [],
  ): boolean {
    let block = this.blocks + 1 - sum(candidate.counts);
    return candidate.counts.every((count, d) => {
      let room = this.room(d) - (compute[d] ?? 0);
      for (const end = block + count; block < end; block++) {
        room -= this.blockBytes(bytes, block, candidate.inRam);
        for (const part of more) if (part.block === block) room -= part.bytes;
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
      const key = candidate && `${candidate.counts} ${candidate.inRam.count}`;
      if (!candidate || !key || tried.has(key)) return best;
      tried.add(key);
      const plan = this.plan(candidate, kvOffload);
      if (this.fitsGpus(plan.memory)) {
        if (best) return best;
        best = plan;
      }
      const real = computeOf(plan.memory);
      compute = round === 0 ? real : real.map((bytes, d) => Math.max(bytes, compute[d] ?? 0));
    }
  }

  private firstFitting(bytes: LayerBytes, candidates: readonly Candidate[]): Found | undefined {
    for (const candidate of candidates) {
      if (!this.roughlyFits(bytes, candidate, [])) continue;
      const plan = this.plan(candidate);
      if (this.fitsGpus(plan.memory)) return plan;
    }
    return undefined;
  }

  private plan(candidate: Candidate, kvOffload = this.settings.kvOffload): Found {
    const position = this.positionOf(candidate, kvOffload);
    return { ...candidate, position, memory: this.estimator.memory(position) };
  }

  private fitsGpus(memory: MemoryEstimate): boolean {
    return overflow(memory, this.hardware, this.settings.marginBytes).devices <= 0;
  }

  private positionOf({ counts, inRam, divided }: Candidate, kvOffload: boolean): Position {
    const split = this.settings.tensorSplit ?? (counts.length > 1 ? counts : undefined);
    const overrides = inRam.last ? lastBlocks(this.blocks, inRam.count) : [];
    if (divided) overrides.push(...dividedBlocks(divided.inRam));
    return {
      gpuLayers: sum(counts),
      cpuMoeLayers: inRam.last ? 0 : inRam.count,
      kvOffload,
      ...(split ? { tensorSplit: split } : {}),
      ...(overrides.length > 0 ? { overrideTensors: overrides } : {}),
    };
  }
}

/** The experts of the last blocks, as `-ot` names them. */
function lastBlocks(blocks: number, count: number): string[] {
  const numbers = Array.from({ length: count }, (_, i) => blocks - count + i);
  return count === 0 ? [] : [`blk\\.(${numbers.join("|")})\\.ffn_(up|down|gate_up|gate)_(ch|)exps=CPU`];
}

/** Single expert weights, as `-ot` names them. */
function dividedBlocks(parts: readonly ExpertPart[]): string[] {
  const blocks = [...new Set(parts.map((part) => part.block))];
  return blocks.map((block) => {
    const names = parts.filter((part) => part.block === block).map((part) => part.name);
    return `blk\\.${block}\\.(${names.join("|")})=CPU`;
  });
}

function weightsOf(memory: MemoryEstimate): number {
  return sum(memory.devices.map((device) => device.weightsBytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function computeOf(memory: MemoryEstimate): number[] {
  return memory.devices.map((device) => device.computeBytes);
}

/** The ways to take some of the weights to a GPU, most bytes first; of those with equal bytes one. */
function divisions(parts: readonly ExpertPart[]): ExpertPart[][] {
  const ways = new Map<number, ExpertPart[]>();
  for (let mask = 1; mask < 2 ** parts.length; mask++) {
    const onGpu = parts.filter((_, i) => (mask & (1 << i)) !== 0);
    const bytes = sum(onGpu.map((part) => part.bytes));
    if (!ways.has(bytes)) ways.set(bytes, onGpu);
  }
  return [...ways].sort(([a], [b]) => b - a).map(([, onGpu]) => onGpu);
}
