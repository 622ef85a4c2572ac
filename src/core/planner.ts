import { withOverhead } from "./estimate.js";
import type { Hardware } from "./hardware.js";
import { fits, hostBytes, type Overflow, overflow } from "./judge.js";
import { type LayerBytes, layerBytes } from "./layer-bytes.js";
import {
  type AccountedMemory,
  accountContext,
  accountWeights,
  addWeights,
  type MemoryRequest,
  type WeightedModel,
} from "./memory.js";
import type { Plan, Position } from "./plan/candidate.js";
import { type PlanEstimator, PlanSearch } from "./plan/search.js";
import type { Hint } from "./plan/trials.js";
import type { MemoryEstimate, Placement } from "./report.js";
import type { Settings } from "./settings.js";
import { largestFitting } from "./solve.js";

const EVERYTHING: Position = { gpuLayers: "all", cpuMoeLayers: 0 };
const ON_CPU: Position = { gpuLayers: 0, cpuMoeLayers: 0 };

/**
 * Memory of one model on one set of hardware, for any quantization, context and placement. What the
 * quantizations share, cache and compute of a context with everything on the GPUs, is worked out once.
 */
export class Planner {
  private readonly hardware: Hardware;
  private readonly settings: Settings;
  private readonly contexts = new Map<string, AccountedMemory>();
  private readonly weights = new Map<WeightedModel, readonly number[]>();
  private readonly known: Set<number>;
  private readonly hint: Hint = {};

  constructor(hardware: Hardware, settings: Settings) {
    this.hardware = hardware;
    this.settings = settings;
    const sequences = settings.kvUnified ? 1 : settings.parallel;
    this.known = new Set(settings.contextLength % (256 * sequences) === 0 ? [settings.contextLength] : []);
  }

  /** Memory with the weights placed as `position` says. */
  memory(model: WeightedModel, contextLength: number, position: Position = EVERYTHING): MemoryEstimate {
    const request = this.request(contextLength, position);
    if (position !== EVERYTHING) {
      const weights = accountWeights(model, request);
      return withOverhead(addWeights(weights, this.context(model, contextLength, position)), this.hardware.devices);
    }
    let weights = this.weights.get(model);
    if (!weights) {
      weights = accountWeights(model, request);
      this.weights.set(model, weights);
    }
    return withOverhead(addWeights(weights, this.context(model, contextLength, EVERYTHING)), this.hardware.devices);
  }

  /** Cache and compute. With every weight on a GPU they are the same for all quantizations, else for equal types. */
  private context(model: WeightedModel, contextLength: number, position: Position): AccountedMemory {
    const request = this.request(contextLength, position);
    const blocks = model.hp.number("block_count");
    const everything = position.gpuLayers === "all" || position.gpuLayers > blocks;
    const someInRam = !everything || request.cpuMoeLayers > 0 || request.overrideTensors !== undefined;
    const where = someInRam ? `${position.gpuLayers} ${request.cpuMoeLayers} ${request.overrideTensors}` : "";
    const types = someInRam ? sizesOfTypes(model) : "";
    const key = `${contextLength} ${request.kvOffload} ${request.tensorSplit} ${where} ${types}`;
    let context = this.contexts.get(key);
    if (!context) {
      context = accountContext(model, request);
      this.contexts.set(key, context);
    }
    return context;
  }

  /** Everything from RAM, no GPU used. */
  memoryOnCpu(model: WeightedModel, contextLength: number): MemoryEstimate {
    const request = { ...this.request(contextLength, EVERYTHING), devices: [] };
    const key = `cpu ${contextLength}`;
    let context = this.contexts.get(key);
    if (!context) {
      context = accountContext(model, request);
      this.contexts.set(key, context);
    }
    return withOverhead(addWeights(accountWeights(model, request), context), []);
  }

  /** Everything from RAM where that suffices. */
  placementOnCpu(model: WeightedModel, contextLength: number): Placement | undefined {
    const ram = hostBytes(this.hardware);
    const [weights = 0] = accountWeights(model, { ...this.request(contextLength, EVERYTHING), devices: [] });
    if (weights > ram) return undefined;
    const memory = this.memoryOnCpu(model, contextLength);
    return memory.host.totalBytes > ram ? undefined : this.describe(model, { position: ON_CPU, memory });
  }

  /** Bytes over what the hardware has; see `overflow`. */
  overflow(memory: MemoryEstimate, margin = this.settings.marginBytes): Overflow {
    return overflow(memory, this.hardware, margin);
  }

  private request(contextLength: number, position: Position): MemoryRequest {
    return {
      ...this.settings,
      contextLength,
      ...position,
      overrideTensors: position.overrideTensors,
      devices: this.hardware.devices.map((device) => ({ totalBytes: device.usableBytes })),
    };
  }

  /**
   * The largest context, a multiple of the cache's step, that fits with everything on the GPUs, the margin
   * left free; at most what the model was trained for. 0 when none does.
   */
  longestContext(model: WeightedModel, trained: number): number {
    const { parallel, kvUnified } = this.settings;
    const sequences = kvUnified ? 1 : parallel;
    const step = 256 * sequences;
    const most = trained * sequences;
    const over = (contextLength: number) => {
      const { devices, host } = this.overflow(this.memory(model, contextLength));
      return Math.max(devices, host);
    };
    if (this.weightsExceed(model)) return 0;
    let longest = largestFitting(over, step, most, step, this.known) ?? 0;
    // several GPUs may hold more when they share it otherwise
    const fitsSplit = (contextLength: number) => this.fullPlacement(model, contextLength) !== undefined;
    if (this.hardware.devices.length > 1) longest = furthest(fitsSplit, longest, most, step);
    return longest;
  }

  /** True when the one GPU does not even hold the weights. */
  private weightsExceed(model: WeightedModel): boolean {
    const [device, ...others] = this.hardware.devices;
    const weights = this.weights.get(model);
    if (!device || others.length > 0 || !weights) return false;
    return (weights[0] ?? 0) + this.settings.marginBytes > device.usableBytes;
  }

  /** Everything on the GPUs: as llama.cpp splits it, or over several by another split where only that fits. */
  fullPlacement(model: WeightedModel, contextLength: number): Placement | undefined {
    const placement = this.placement(model, contextLength);
    if (fits(this.overflow(placement.memory))) return placement;
    // other runtimes split by rules of their own
    if (model.loadedBytes !== undefined) return undefined;
    return this.placementOf(model, this.search(model, contextLength).everything());
  }

  /**
   * The best plan that leaves the margin and runs from the RAM there is: of a mixture of experts as few
   * experts in RAM as possible, else as many layers on the GPUs as possible. Undefined when there is none.
   * @param effort quick: layers stay whole and the first ones go to RAM, which is nearly as good
   */
  bestPlacement(model: WeightedModel, contextLength: number, effort: "full" | "quick" = "full"): Placement | undefined {
    return this.placementOf(model, this.search(model, contextLength).partly(effort));
  }

  private search(model: WeightedModel, contextLength: number): PlanSearch {
    const memories = new Map<string, MemoryEstimate>();
    const bytes = new Map<boolean, LayerBytes>();
    const full = () => this.context(model, contextLength, EVERYTHING);
    const estimator: PlanEstimator = {
      memory: (position) => {
        const key = JSON.stringify(position);
        const memory = memories.get(key) ?? this.memory(model, contextLength, position);
        memories.set(key, memory);
        return memory;
      },
      layerBytes: (kvOffload) => {
        const request = this.request(contextLength, { ...EVERYTHING, kvOffload });
        const made = bytes.get(kvOffload) ?? layerBytes(model, request, full().flashAttention);
        bytes.set(kvOffload, made);
        return made;
      },
      fullCompute: () => full().devices.map((device) => device.computeBytes),
    };
    return new PlanSearch(model, this.hardware, this.settings, estimator, this.hint);
  }

  /** The plan as a placement, where the RAM suffices for it too. */
  private placementOf(model: WeightedModel, plan: Plan | undefined): Placement | undefined {
    return plan && fits(this.overflow(plan.memory)) ? this.describe(model, plan) : undefined;
  }

  placement(model: WeightedModel, contextLength: number, position: Position = EVERYTHING): Placement {
    return this.describe(model, { position, memory: this.memory(model, contextLength, position) });
  }

  private describe(model: WeightedModel, { position, memory }: Plan): Placement {
    const layers = model.hp.number("block_count") + 1;
    const tensorSplit = position.tensorSplit ?? this.settings.tensorSplit;
    const { overrideTensors } = position;
    return {
      gpuLayers: position.gpuLayers === "all" ? layers : Math.min(position.gpuLayers, layers),
      layers,
      cpuMoeLayers: position.cpuMoeLayers,
      kvOffload: position.kvOffload ?? this.settings.kvOffload,
      ...(tensorSplit ? { tensorSplit } : {}),
      ...(overrideTensors ? { overrideTensors } : {}),
      memory,
    };
  }
}

const typeSizes = new WeakMap<WeightedModel, string>();

/** What the types of the weights come to: BF16 and F16 take as many bytes and run on the same backends. */
function sizesOfTypes(model: WeightedModel): string {
  let sizes = typeSizes.get(model);
  if (sizes === undefined) {
    sizes = model.types.map((type) => (type === "bf16" ? "f16" : type)).join();
    typeSizes.set(model, sizes);
  }
  return sizes;
}

/** The largest multiple of `step` from `least` to `most` that still fits, by doubling steps, then halving them. */
function furthest(fitsAt: (x: number) => boolean, least: number, most: number, step: number): number {
  let at = least;
  let stride = step;
  for (; at + stride <= most && fitsAt(at + stride); stride *= 2) at += stride;
  for (; stride >= step; stride /= 2) if (at + stride <= most && fitsAt(at + stride)) at += stride;
  return at;
}
