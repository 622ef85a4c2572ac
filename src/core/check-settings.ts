import { FitcheckError } from "./errors.js";
import { CACHE_TYPES } from "./ggml.js";
import type { Settings } from "./settings.js";

/** Refuses figures that no command line could say. @throws FitcheckError BAD_VALUE naming the setting */
export function checkSettings(settings: Omit<Settings, "runtime" | "marginBytes"> & { marginBytes?: number }): void {
  for (const name of ["contextLength", "parallel", "batch", "ubatch"] as const) {
    if (!isCount(settings[name], 1)) refuse(name, settings[name], "a whole number above zero");
  }
  for (const name of ["gpuLayers", "cpuMoeLayers", "marginBytes"] as const) {
    const value = settings[name];
    if (value === undefined || (name === "gpuLayers" && value === "all")) continue;
    if (!isCount(value, 0)) refuse(name, value, "a whole number");
  }
  for (const name of ["cacheTypeK", "cacheTypeV"] as const) {
    if (!CACHE_TYPES.includes(settings[name])) refuse(name, settings[name], `one of ${CACHE_TYPES.join(", ")}`);
  }
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function refuse(name: keyof Settings, value: unknown, instead: string): never {
  throw new FitcheckError("BAD_VALUE", `${name} is ${value}, not ${instead}`);
}
