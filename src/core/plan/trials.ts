import type { Hardware } from "../hardware.js";
import { overflow } from "../judge.js";
import type { MemoryEstimate } from "../report.js";
import type { Settings } from "../settings.js";
import { type Candidate, type Plan, type Position, positionOf } from "./candidate.js";
import type { DeviceRoom } from "./device-room.js";

/** A candidate with its exact memory. */
export interface Tried extends Plan, Candidate {}

/** What the last plan found out and is nearly the same for the next quantization. */
export interface Hint {
  /** Bytes of the compute buffer per device. */
  compute?: readonly number[];
  /** The compute buffer is clearly smaller with the experts of the last blocks in RAM than with the first. */
  lastIsSmaller?: boolean;
}

/** Works out the exact memory of candidates, and which of them fit the GPUs. */
export class Trials {
  private readonly blocks: number;
  private readonly hardware: Hardware;
  private readonly settings: Settings;
  private readonly memory: (position: Position) => MemoryEstimate;

  /** @param blocks blocks of the model, the output not counted */
  constructor(blocks: number, hardware: Hardware, settings: Settings, memory: (position: Position) => MemoryEstimate) {
    this.blocks = blocks;
    this.hardware = hardware;
    this.settings = settings;
    this.memory = memory;
  }

  work(candidate: Candidate, kvOffload = this.settings.kvOffload): Tried {
    const position = positionOf(candidate, this.blocks, this.settings, kvOffload);
    return { ...candidate, position, memory: this.memory(position) };
  }

  fitsGpus({ memory }: Plan): boolean {
    return this.bytesOver(memory) <= 0;
  }

  /** Bytes that the fullest GPU lacks, the margin counted; negative where so many are left over. */
  bytesOver(memory: MemoryEstimate): number {
    return overflow(memory, this.hardware, this.settings.marginBytes).devices;
  }

  /**
   * Tries what `propose` makes of the compute buffers, then what it makes of those that this really has, until
   * nothing new comes up. Buffers only grow on the way, so this ends.
   * @param guess bytes per device, for the first proposal
   */
  converge(
    propose: (compute: readonly number[]) => Candidate | undefined,
    guess: readonly number[],
    kvOffload = this.settings.kvOffload,
  ): Tried | undefined {
    const seen = new Set<string>();
    let best: Tried | undefined;
    let compute = guess;
    for (let round = 0; ; round++) {
      const candidate = propose(compute);
      const key = candidate && `${candidate.counts} ${candidate.inRam.count}`;
      if (!candidate || !key || seen.has(key)) return best;
      seen.add(key);
      const tried = this.work(candidate, kvOffload);
      if (this.fitsGpus(tried)) {
        if (best) return best;
        best = tried;
      }
      const real = computeOf(tried);
      compute = round === 0 ? real : real.map((bytes, d) => Math.max(bytes, compute[d] ?? 0));
    }
  }

  /** Goes from one plan to the first of the `next` candidates that fits, as long as there is one. */
  climb(room: DeviceRoom, start: Tried | undefined, next: (found: Tried) => readonly Candidate[]): Tried | undefined {
    let found = start;
    for (let better = found; better; ) {
      found = better;
      better = this.firstFitting(room, next(found));
    }
    return found;
  }

  private firstFitting(room: DeviceRoom, candidates: readonly Candidate[]): Tried | undefined {
    for (const candidate of candidates) {
      if (!room.roughlyFits(candidate, [])) continue;
      const tried = this.work(candidate);
      if (this.fitsGpus(tried)) return tried;
    }
    return undefined;
  }
}

/** Bytes of the compute buffer per device. */
export function computeOf({ memory }: Plan): number[] {
  return memory.devices.map((device) => device.computeBytes);
}
