import { withOverhead } from "./estimate.js";
import type { Hardware } from "./hardware.js";
import { fits, hostBytes, type Overflow, overflow } from "./judge.js";
import {
  type AccountedMemory,
  accountCaches,
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
    return withOverhead(addWeights(weights, this.fullContext(model, contextLength)), this.hardware.devices);
  }

  /** Cache and compute with everything on the GPUs, whatever the quantization. */
  private fullContext(model: WeightedModel, contextLength: number): AccountedMemory {
    let context = this.contexts.get(contextLength);
    if (!context) {
      context = accountContext(model, this.request(contextLength, EVERYTHING));
      this.contexts.set(contextLength, context);
    }
    return context;
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
    let cpuMoeLayers = 0;
    if (model.hp.number("expert_count", 0) > 0) {
      const experts = (n: number): Position => ({ gpuLayers: "all", cpuMoeLayers: blocks - n });
      const onGpu = this.mostOnGpu(model, contextLength, experts, blocks);
      if (onGpu !== undefined) return experts(onGpu);
      cpuMoeLayers = blocks;
    }
    const gpuLayers = this.mostOnGpu(model, contextLength, (n) => ({ gpuLayers: n, cpuMoeLayers }), blocks + 1);
    return gpuLayers ? { gpuLayers, cpuMoeLayers } : undefined;
  }

  /**
   * The largest n up to `most` whose position fits the devices with the margin. Weights and cache say nearly
   * where; the compute buffer, the costly part, is then worked out there and next to it only.
   */
  private mostOnGpu(
    model: WeightedModel,
    contextLength: number,
    position: (n: number) => Position,
    most: number,
  ): number | undefined {
    const exact = (n: number) => this.overflow(this.memory(model, contextLength, position(n))).devices;
    const request = (n: number) => this.request(contextLength, position(n));
    const { devices: full } = this.fullContext(model, contextLength);
    const compute = Math.max(...full.map((memory) => memory.computeBytes));
    const rough = (n: number) => {
      const weights = accountWeights(model, request(n));
      const caches = accountCaches(model, request(n));
      return Math.max(
        ...this.hardware.devices.map(
          (device, i) =>
            (weights[i] ?? 0) + (caches[i] ?? 0) + compute + this.settings.marginBytes - device.usableBytes,
        ),
      );
    };
    let n = largestFitting(rough, 0, most, 1) ?? 0;
    if (exact(n) > 0) {
      while (n > 0 && exact(n - 1) > 0) n--;
      return n > 0 ? n - 1 : undefined;
    }
    while (n < most && exact(n + 1) <= 0) n++;
    return n;
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
