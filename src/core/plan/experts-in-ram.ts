import { type ExpertPart, expertParts } from "../layer-bytes.js";
import type { WeightedModel } from "../memory.js";
import type { MemoryEstimate } from "../report.js";
import { MiB } from "../units.js";
import type { Candidate, ExpertBlocks } from "./candidate.js";
import type { DeviceRoom } from "./device-room.js";
import { computeOf, type Hint, type Trials, type Tried } from "./trials.js";

/** Blocks whose experts may be divided between GPU and RAM. */
const DIVIDED_BLOCKS = 3;

/** Bytes left free, or saved in the compute buffer: what makes it worth trying `-ot` on the last blocks. */
const MUCH = 128 * MiB;
const CLEARLY = 64 * MiB;

/** Divisions of a layer's experts that are tried before the layer stays in RAM. */
const MOST_DIVISIONS = 4;

/** Plans for a mixture of experts that have all layers on the GPUs, and of as many as possible the experts too. */
export class ExpertsInRam {
  private readonly model: WeightedModel;
  private readonly room: DeviceRoom;
  private readonly trials: Trials;
  private readonly hint: Hint;
  private readonly guess: readonly number[];

  /** @param guess bytes of the compute buffer per device */
  constructor(model: WeightedModel, room: DeviceRoom, trials: Trials, hint: Hint, guess: readonly number[]) {
    this.model = model;
    this.room = room;
    this.trials = trials;
    this.hint = hint;
    this.guess = guess;
  }

  /** Whole layers of experts, the first ones in RAM: what the buffers alone lead to. */
  quick(): Tried | undefined {
    return this.trials.converge((compute) => this.fewest(compute, false), this.guess);
  }

  /** Down to single weights, with the experts of the first or of the last blocks in RAM. */
  best(): Tried | undefined {
    const first = this.fromEnd(false);
    if (!first || !this.isWorthTheOtherEnd(first)) return first;
    const last = this.fromEnd(true);
    return last && weightsOf(last.memory) > weightsOf(first.memory) ? last : first;
  }

  /** Is much left over, or is the compute buffer clearly smaller with the experts of the last blocks in RAM? */
  private isWorthTheOtherEnd(first: Tried): boolean {
    const { counts, inRam, memory } = first;
    if (counts.length > 1) return false;
    if (-this.trials.bytesOver(memory) >= MUCH) return true;
    if (this.hint.lastIsSmaller === undefined) {
      const last = this.trials.work({ counts, inRam: { count: Math.max(inRam.count, 1), last: true } });
      this.hint.lastIsSmaller = sum(computeOf(first)) - sum(computeOf(last)) >= CLEARLY;
    }
    return this.hint.lastIsSmaller;
  }

  private fromEnd(last: boolean): Tried | undefined {
    const start = this.trials.converge((compute) => this.fewest(compute, last), this.guess);
    const found = this.trials.climb(this.room, start, (plan) => this.withOneMoreLayer(plan));
    return found && this.withPartOfALayer(found);
  }

  /** The experts of as few blocks in RAM as fit beside these compute buffers. */
  private fewest(compute: readonly number[], last: boolean): Candidate | undefined {
    const inRam = (count: number): ExpertBlocks => ({ count, last });
    let low = 1;
    let high = this.room.blocks;
    if (!this.room.allLayers(compute, inRam(high))) return undefined;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.room.allLayers(compute, inRam(middle))) high = middle;
      else low = middle + 1;
    }
    return this.room.allLayers(compute, inRam(low));
  }

  private withOneMoreLayer(found: Tried): Candidate[] {
    if (found.inRam.count === 0) return [];
    const inRam = { ...found.inRam, count: found.inRam.count - 1 };
    const candidates: Candidate[] = [{ counts: found.counts, inRam }];
    if (found.counts.length > 1) {
      const other = this.room.allLayers(computeOf(found), inRam);
      candidates.push(...(other ? [other] : []), { counts: this.room.dealt(this.room.blocks + 1), inRam });
    }
    return candidates;
  }

  /** Of the experts next to go to a GPU, the weights that still fit. */
  private withPartOfALayer(found: Tried): Tried {
    const next = this.nextExperts(found.inRam);
    let compute = computeOf(found);
    let tries = 0;
    for (const onGpu of divisions(next)) {
      if (!this.room.roughlyFits(found, compute, onGpu)) continue;
      const furthest = Math.max(...onGpu.map((part) => this.distance(part.block, found.inRam)));
      const touched = next.filter((part) => this.distance(part.block, found.inRam) <= furthest);
      const count = found.inRam.count - 1 - furthest;
      const divided = { onGpu, inRam: touched.filter((part) => !onGpu.includes(part)) };
      const tried = this.trials.work({ counts: found.counts, inRam: { ...found.inRam, count }, divided });
      if (this.trials.fitsGpus(tried)) return tried;
      compute = computeOf(tried);
      if (++tries === MOST_DIVISIONS) break;
    }
    return found;
  }

  /** The expert weights of the blocks that are next to go to a GPU. */
  private nextExperts(inRam: ExpertBlocks): ExpertPart[] {
    const parts: ExpertPart[] = [];
    for (let i = 0, blocks = 0; i < inRam.count && blocks < DIVIDED_BLOCKS; i++) {
      const block = inRam.last ? this.room.blocks - inRam.count + i : inRam.count - 1 - i;
      const experts = expertParts(this.model, block);
      parts.push(...experts);
      if (experts.length > 0) blocks++;
    }
    return parts;
  }

  /** How many blocks go to a GPU before this one. */
  private distance(block: number, inRam: ExpertBlocks): number {
    return inRam.last ? block - (this.room.blocks - inRam.count) : inRam.count - 1 - block;
  }
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

function weightsOf(memory: MemoryEstimate): number {
  return sum(memory.devices.map((device) => device.weightsBytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
