import type { Hardware } from "../hardware.js";
import type { LayerBytes } from "../layer-bytes.js";
import type { WeightedModel } from "../memory.js";
import type { MemoryEstimate } from "../report.js";
import type { Settings } from "../settings.js";
import { hasExpertsInRam, layersOf, NO_EXPERTS, type Plan, type Position } from "./candidate.js";
import { DeviceRoom } from "./device-room.js";
import { ExpertsInRam } from "./experts-in-ram.js";
import { mostLayers } from "./layers-in-ram.js";
import { computeOf, type Hint, Trials, type Tried } from "./trials.js";

/** What the search asks of the estimator. */
export interface PlanEstimator {
  /** Exact memory. */
  memory(position: Position): MemoryEstimate;
  /** Bytes of single blocks. */
  layerBytes(kvOffload: boolean): LayerBytes;
  /** Compute bytes per device with everything on the GPUs. */
  fullCompute(): readonly number[];
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
  private readonly trials: Trials;

  constructor(model: WeightedModel, hardware: Hardware, settings: Settings, estimator: PlanEstimator, hint: Hint = {}) {
    this.model = model;
    this.hardware = hardware;
    this.settings = settings;
    this.estimator = estimator;
    this.hint = hint;
    this.blocks = model.hp.number("block_count");
    this.trials = new Trials(this.blocks, hardware, settings, (position) => estimator.memory(position));
  }

  /** Everything on several GPUs by another split than by size; undefined where none fits or the user set one. */
  everything(): Plan | undefined {
    if (this.hardware.devices.length < 2 || this.settings.tensorSplit) return undefined;
    return this.allWeights(this.settings.kvOffload);
  }

  /**
   * The best plan with a part in RAM, whatever that leaves there.
   * @param effort quick: experts in RAM by whole layers, the first ones
   */
  partly(effort: "full" | "quick" = "full"): Plan | undefined {
    const { kvOffload } = this.settings;
    const room = this.room(kvOffload);
    if (room.exceedsEverything()) return undefined;
    const plan = this.withExpertsInRam(room, effort) ?? this.withLayersInRam(room);
    if (plan) this.hint.compute = computeOf(plan);
    return (kvOffload && this.withCacheInRam(room.bytes, plan)) || plan;
  }

  private room(kvOffload: boolean): DeviceRoom {
    return new DeviceRoom(this.estimator.layerBytes(kvOffload), this.blocks, this.hardware, this.settings);
  }

  private get isMixture(): boolean {
    return this.model.hp.number("expert_count", 0) > 0;
  }

  /** Bytes of the compute buffer per device, more or less. */
  private guess(): readonly number[] {
    return this.hint.compute ?? this.estimator.fullCompute();
  }

  /** All layers on the GPUs, and of as many as possible the experts too. */
  private withExpertsInRam(room: DeviceRoom, effort: "full" | "quick"): Tried | undefined {
    if (!this.isMixture) return undefined;
    const experts = new ExpertsInRam(this.model, room, this.trials, this.hint, this.guess());
    return effort === "quick" ? experts.quick() : experts.best();
  }

  /** As many layers as possible on the GPUs; of a mixture without their experts. */
  private withLayersInRam(room: DeviceRoom): Tried | undefined {
    const inRam = this.isMixture ? { count: this.blocks } : NO_EXPERTS;
    return mostLayers(room, this.trials, this.settings, inRam, this.guess());
  }

  /** All weights on the GPUs and the cache in RAM, where that reads clearly less from RAM than `plan` does. */
  private withCacheInRam(bytes: LayerBytes, plan: Tried | undefined): Tried | undefined {
    const cache = bytes.cache.reduce((total, kept) => total + kept, 0);
    if (plan && cache / 2 > CACHE_IN_RAM_GAIN * this.readFromRam(bytes, plan)) return undefined;
    return this.allWeights(false);
  }

  /** All layers and experts on the GPUs, dealt as the room says. */
  private allWeights(kvOffload: boolean): Tried | undefined {
    const room = this.room(kvOffload);
    const propose = (compute: readonly number[]) => room.allLayers(compute, NO_EXPERTS);
    return this.trials.converge(propose, this.estimator.fullCompute(), kvOffload);
  }

  /** Bytes that a token reads from RAM: weights as far as they are used, and a cache that is half full. */
  private readFromRam(bytes: LayerBytes, { counts, inRam }: Tried): number {
    const { hp } = this.model;
    const used = hp.number("expert_used_count", 0) / Math.max(hp.number("expert_count", 0), 1);
    const first = this.blocks + 1 - layersOf(counts);
    let read = 0;
    for (let il = 0; il < this.blocks; il++) {
      if (il < first) read += (bytes.dense[il] ?? 0) + (bytes.cache[il] ?? 0) / 2;
      if (il < first || hasExpertsInRam(il, inRam, this.blocks)) read += (bytes.experts[il] ?? 0) * used;
    }
    return read;
  }
}
