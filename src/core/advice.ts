import { adviceCost } from "./advice-cost.js";
import {
  cacheSteps,
  contextStep,
  type GpuChoice,
  gpuStep,
  placementStep,
  quantStep,
  type Step,
  sequenceSteps,
  ubatchSteps,
} from "./advice-steps.js";
import { FitcheckError } from "./errors.js";
import { fit } from "./fit.js";
import type { Hardware } from "./hardware.js";
import type { Model } from "./model.js";
import { Planner } from "./planner.js";
import type { Change, FitReport, MemoryEstimate, QuantReport } from "./report.js";
import type { Settings } from "./settings.js";
import { type WeighedQuant, weighQuants } from "./weigh.js";

export interface AdviceRequest {
  readonly model: Model;
  readonly hardware: Hardware;
  /** With the context of the row. */
  readonly settings: Settings;
  readonly quant: string;
  /** From the smallest memory to the largest. */
  readonly gpus: readonly GpuChoice[];
}

/** Shorter contexts than this are no use to anyone. */
const SHORTEST_CONTEXT = 512;
const MOST_QUANTS = 2;
const MOST_PAIRS = 4;

/**
 * What would make a quantization fit the GPUs whole, and what runs it in part: single changes and the best pairs,
 * the cheapest for the user first. Every one is worked out, none is a rule of thumb.
 */
export function changesThatFit(request: AdviceRequest): Change[] {
  return new Advisor(request).changes();
}

class Advisor {
  private readonly request: AdviceRequest;
  private readonly quant: WeighedQuant;
  private readonly smaller: readonly WeighedQuant[];
  private readonly required: MemoryEstimate;

  constructor(request: AdviceRequest) {
    this.request = request;
    const [quant] = weighQuants(request.model, [request.quant]);
    if (!quant) throw new FitcheckError("BAD_VALUE", `"${request.quant}" is not a quantization of this model`);
    this.quant = quant;
    this.smaller = weighQuants(request.model)
      .filter((other) => other.tensorBytes < quant.tensorBytes)
      .sort((a, b) => b.tensorBytes - a.tensorBytes);
    this.required = new Planner(request.hardware, request.settings).memory(quant.model, request.settings.contextLength);
  }

  changes(): Change[] {
    const alone = this.singles();
    const pairs = this.pairs(alone)
      .map((steps) => this.promise(steps))
      .filter((change) => change !== undefined)
      .sort((a, b) => a.cost - b.cost)
      .slice(0, MOST_PAIRS);
    const singles = [...alone.map((step) => this.promise([step])), this.offload()].filter(
      (change) => change !== undefined,
    );
    return [...singles, ...pairs].sort((a, b) => a.cost - b.cost || a.steps.length - b.steps.length);
  }

  /** Every kind of change, as little of it as suffices. */
  private singles(): Step[] {
    const { settings } = this.request;
    const found = [
      ubatchSteps(settings).find((step) => this.fits([step])),
      ...cacheSteps(settings)
        .filter((step) => this.fits([step]))
        .slice(0, 1),
      sequenceSteps(settings).find((step) => this.fits([step])),
      this.longestContext([]),
      ...this.smaller
        .map(quantStep)
        .filter((step) => this.fits([step]))
        .slice(0, MOST_QUANTS),
      ...this.gpus(),
    ];
    return found.filter((step) => step !== undefined);
  }

  /** Two changes of which neither suffices alone. */
  private pairs(alone: readonly Step[]): Step[][] {
    const { settings } = this.request;
    const not = (steps: readonly Step[]) => steps.filter((step) => !this.fits([step]));
    const ubatch = not(ubatchSteps(settings)).at(0);
    const cache = not(cacheSteps(settings));
    const quants = not(this.smaller.map(quantStep));
    const first = [
      ...(ubatch ? [ubatch] : []),
      ...cache,
      ...not(sequenceSteps(settings)).slice(-1),
      ...quants.slice(0, 2),
    ];
    const pairs: Step[][] = [];
    const longestAlone = alone.find((step) => step.note.code === "SHORTER_CONTEXT")?.settings?.contextLength ?? 0;
    for (const step of first) {
      const context = this.longestContext([step]);
      if (context && (context.settings?.contextLength ?? 0) > longestAlone) pairs.push([step, context]);
    }
    for (const step of cache) {
      if (ubatch && this.fits([ubatch, step])) pairs.push([ubatch, step]);
      const quant = quants.find((other) => this.fits([step, other]));
      if (quant) pairs.push([step, quant]);
    }
    return pairs;
  }

  /** The largest context that fits with these changes. */
  private longestContext(steps: readonly Step[]): Step | undefined {
    const { model, settings, quant } = this.apply(steps);
    const longest = attempt(() => this.planner(steps).longestContext(quant.model, model.contextLength)) ?? 0;
    if (longest >= settings.contextLength || longest < SHORTEST_CONTEXT) return undefined;
    return contextStep(longest);
  }

  /** The smallest card that takes it, and the smallest pair where that has less memory. */
  private gpus(): Step[] {
    const needed = this.required.devices.reduce((sum, device) => sum + device.weightsBytes + device.cacheBytes, 0);
    const enough = this.request.gpus.filter((gpu) => gpu.usableBytes > needed);
    const single = enough.find((gpu) => gpu.count === 1 && this.fits([gpuStep(gpu)]));
    const pair = enough.find(
      (gpu) => gpu.count === 2 && !(single && gpu.usableBytes / 2 >= single.usableBytes) && this.fits([gpuStep(gpu)]),
    );
    return [single, pair].filter((gpu) => gpu !== undefined).map(gpuStep);
  }

  /** The best plan with a part in RAM. */
  private offload(): Change | undefined {
    const { hardware, settings } = this.request;
    const placement = this.row(hardware, withoutPlacement(settings), this.quant)?.placement;
    return placement && placement.memory.devices.length > 0 ? this.promise([placementStep(placement)]) : undefined;
  }

  private fits(steps: readonly Step[]): boolean {
    const { settings, quant } = this.apply(steps);
    return attempt(() => this.planner(steps).fullPlacement(quant.model, settings.contextLength)) !== undefined;
  }

  private planner(steps: readonly Step[]): Planner {
    const { hardware, settings } = this.apply(steps);
    return new Planner(hardware, withoutPlacement(settings));
  }

  /** What the same command line says with the changes: verdict and bytes. Undefined where it does not get better. */
  private promise(steps: readonly Step[]): Change | undefined {
    const { hardware, settings, quant } = this.apply(steps);
    const row = this.row(hardware, settings, quant);
    const placed = row?.placement;
    if (!row || !placed || row.verdict === "none" || row.verdict === "cpu") return undefined;
    const drop = steps.flatMap((step) => step.drop ?? []);
    return {
      steps: steps.map((step) => step.note),
      options: Object.assign({}, ...steps.map((step) => step.options)) as Record<string, string>,
      ...(drop.length > 0 ? { drop } : {}),
      verdict: row.verdict,
      memory: placed.memory,
      savedBytes: gpuBytes(this.required) - gpuBytes(placed.memory),
      ...(row.speed ? { speed: row.speed } : {}),
      cost: adviceCost(
        { settings: this.request.settings, quant: this.quant },
        { settings, quant, placement: placed, gpus: steps.reduce((sum, step) => sum + (step.gpu?.count ?? 0), 0) },
      ),
    };
  }

  private row(hardware: Hardware, settings: Settings, quant: WeighedQuant): QuantReport | undefined {
    const tool: FitReport["tool"] = { name: "", version: "", dataDate: "" };
    return attempt(() => fit(this.request.model, hardware, settings, { tool, quants: [quant.quant] }).quants[0]);
  }

  private apply(steps: readonly Step[]) {
    const { model, hardware, settings } = this.request;
    const gpu = steps.find((step) => step.gpu)?.gpu;
    const { tensorSplit, ...rest } = settings;
    const kept: Settings = gpu || !tensorSplit ? rest : { ...rest, tensorSplit };
    return {
      model,
      hardware: gpu?.hardware() ?? hardware,
      settings: Object.assign({}, kept, ...steps.map((step) => step.settings)) as Settings,
      quant: steps.find((step) => step.quant)?.quant ?? this.quant,
    };
  }
}

function withoutPlacement({ gpuLayers: _, cpuMoeLayers: __, ...settings }: Settings): Settings {
  return settings;
}

function gpuBytes(memory: MemoryEstimate): number {
  return memory.devices.reduce((sum, device) => sum + device.totalBytes, 0);
}

/** undefined where llama.cpp refuses the settings. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof FitcheckError) return undefined;
    throw error;
  }
}
