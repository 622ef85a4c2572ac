import { withOverhead } from "./estimate.js";
import type { Hardware } from "./hardware.js";
import { fits, hostBytes, type Overflow, overflow } from "./judge.js";
import {
  type AccountedMemory,
  accountContext,
  accountWeights,
  addWeights,
  type MemoryRequest,
  type PlacementSettings,
  type WeightedModel,
} from "./memory.js";
import type { MemoryEstimate, Placement } from "./report.js";
import type { Settings } from "./settings.js";
import { largestFitting } from "./solve.js";

/** Where to put blocks and experts; the rest of the settings stays. */
export type Position = Pick<PlacementSettings, "gpuLayers" | "cpuMoeLayers">;

const EVERYTHING: Position = { gpuLayers: "all", cpuMoeLayers: 0 };

/**
 * Memory of one model on one set of hardware, for any quantization, context and placement. What the
 * quantizations share, cache and compute of a context with everything on the GPUs, is worked out once.
 */
export class Planner {
  private readonly hardware: Hardware;
  private readonly settings: Settings;
  private readonly contexts = new Map<number, AccountedMemory>();
  private readonly weights = new Map<WeightedModel, readonly number[]>();
  private readonly known = new Set<number>();

  constructor(hardware: Hardware, settings: Settings) {
    this.hardware = hardware;
    this.settings = settings;
  }

  /** Memory with the weights placed as `position` says. */
  memory(model: WeightedModel, contextLength: number, position: Position = EVERYTHING): MemoryEstimate {
    const request = this.request(contextLength, position);
    if (position !== EVERYTHING) {
      const weights = accountWeights(model, request);
      return withOverhead(addWeights(weights, accountContext(model, request)), this.hardware.devices);
    }
    let weights = this.weights.get(model);
    if (!weights) {
      weights = accountWeights(model, request);
      this.weights.set(model, weights);
    }
    let context = this.contexts.get(contextLength);
    if (!context) {
      context = accountContext(model, request);
      this.contexts.set(contextLength, context);
    }
    return withOverhead(addWeights(weights, context), this.hardware.devices);
  }

  /** Everything from RAM, no GPU used. */
  memoryOnCpu(model: WeightedModel, contextLength: number): MemoryEstimate {
    const request = { ...this.request(contextLength, EVERYTHING), devices: [] };
    return withOverhead(addWeights(accountWeights(model, request), accountContext(model, request)), []);
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
    const over = (contextLength: number) => {
      const { devices, host } = this.overflow(this.memory(model, contextLength));
      return Math.max(devices, host);
    };
    return largestFitting(over, step, trained * sequences, step, this.known) ?? 0;
  }

  /**
   * The best plan that leaves the margin and runs from the RAM there is: of a mixture of experts as few
   * experts in RAM as possible, else as many layers on the GPUs as possible. Undefined when there is none.
   */
  bestPlacement(model: WeightedModel, contextLength: number): Placement | undefined {
    if (this.exceedsEverything(model)) return undefined;
    const position = this.bestPosition(model, contextLength);
    if (!position) return undefined;
    const placement = this.placement(model, contextLength, position);
    return fits(this.overflow(placement.memory)) ? placement : undefined;
  }

  /** True when the weights alone are more than all memory together: no placement needs trying. */
  private exceedsEverything(model: WeightedModel): boolean {
    const { devices } = this.hardware;
    const usable = devices.reduce((sum, device) => sum + (device.memory === "discrete" ? device.usableBytes : 0), 0);
    const weights = accountWeights(model, { ...EVERYTHING, devices: [] });
    return (weights[0] ?? 0) > usable + hostBytes(this.hardware);
  }

  /** As much as possible on the GPUs, whatever that leaves for the RAM. */
  private bestPosition(model: WeightedModel, contextLength: number): Position | undefined {
    const blocks = model.hp.number("block_count");
    const over = (position: Position) => this.overflow(this.memory(model, contextLength, position)).devices;
    let cpuMoeLayers = 0;
    if (model.hp.number("expert_count", 0) > 0) {
      const onGpu = largestFitting((n) => over({ gpuLayers: "all", cpuMoeLayers: blocks - n }), 0, blocks, 1);
      if (onGpu !== undefined) return { gpuLayers: "all", cpuMoeLayers: blocks - onGpu };
      cpuMoeLayers = blocks;
    }
    const gpuLayers = largestFitting((n) => over({ gpuLayers: n, cpuMoeLayers }), 0, blocks + 1, 1);
    return gpuLayers ? { gpuLayers, cpuMoeLayers } : undefined;
  }

  placement(model: WeightedModel, contextLength: number, position: Position = EVERYTHING): Placement {
    const layers = model.hp.number("block_count") + 1;
    return {
      gpuLayers: position.gpuLayers === "all" ? layers : Math.min(position.gpuLayers, layers),
      layers,
      cpuMoeLayers: position.cpuMoeLayers,
      kvOffload: this.settings.kvOffload,
      ...(this.settings.tensorSplit ? { tensorSplit: this.settings.tensorSplit } : {}),
      memory: this.memory(model, contextLength, position),
    };
  }
}
