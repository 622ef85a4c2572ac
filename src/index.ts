/** The library: the estimator and its adapters, without the command line. */
import { fit as fitCore } from "./core/fit.js";
import type { Hardware } from "./core/hardware.js";
import type { Model } from "./core/model.js";
import type { FitReport } from "./core/report.js";
import { DEFAULT_SETTINGS, defaultContext, type Settings } from "./core/settings.js";
import { withCommands } from "./runtimes/commands.js";
import { qualityTable } from "./sources/quality-table.js";
import { TOOL } from "./version.js";

export { type ErrorCode, FitcheckError } from "./core/errors.js";
export { type EstimateRequest, estimateMemory } from "./core/estimate-memory.js";
export type { Device, Hardware, Host } from "./core/hardware.js";
export type { Model, QuantOffer } from "./core/model.js";
export type { Note } from "./core/note.js";
export type { FitReport, MemoryEstimate, Placement, QuantReport } from "./core/report.js";
export type { Settings } from "./core/settings.js";
export { detectHardware } from "./hardware/detect.js";
export { type GivenSpec, givenHardware } from "./hardware/given.js";
export { type LoadOptions, loadModel } from "./sources/load-model.js";

/** Which rows a report has. */
export interface FitSelection {
  /** Only these quantizations; all the model has where absent. */
  readonly quants?: readonly string[];
  /** A row per quantization and context, in tokens, instead of the one context of the settings. */
  readonly contexts?: readonly number[];
}

/**
 * Which quantizations of a model fit this hardware: the JSON report of the command line as a value. Pure.
 *
 * @param settings what is left out is as in llama.cpp, and listed under `assumed`
 * @throws FitcheckError BAD_VALUE for an unknown quantization or settings that llama.cpp refuses
 */
export function fit(
  model: Model,
  hardware: Hardware,
  settings: Partial<Settings> = {},
  selection: FitSelection = {},
): FitReport {
  const defaults = { contextLength: defaultContext(model), ...DEFAULT_SETTINGS };
  const assumed = Object.keys(defaults).filter((name) => settings[name as keyof Settings] === undefined);
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const report = fitCore(
    model,
    hardware,
    { ...defaults, ...given },
    {
      tool: TOOL,
      assumed,
      quality: qualityTable(),
      ...selection,
    },
  );
  return withCommands(report, model);
}
