import type { Backend } from "../core/hardware.js";
import type { Placement } from "../core/report.js";
import type { Settings } from "../core/settings.js";
import type { Weights } from "./weights.js";

/** What a command line has to say: which weights, with which settings, placed how. */
export interface RunPlan {
  readonly quant: string;
  readonly weights: Weights;
  /** With the context of this plan. */
  readonly settings: Settings;
  readonly placement: Placement;
  /** GPUs the plan may use. */
  readonly deviceCount: number;
  /** None of them is used, not even for computing. */
  readonly cpuOnly?: boolean;
  /** What the first of them is talked to with. */
  readonly backend?: Backend;
  /** Repository or folder of these weights in safetensors, for runtimes that load those. */
  readonly checkpoint?: string;
}

/** A program that runs models: how it is told to do what the estimate rests on. */
export interface Runtime {
  readonly id: string;
  /** The command line, several lines where it takes several commands; undefined where it cannot run these weights. */
  command(plan: RunPlan): string | undefined;
  /** Settings of the plan, by their option here, that this runtime cannot be told. */
  unsupported(plan: RunPlan): readonly string[];
}
