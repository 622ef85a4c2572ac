import { checkSettings } from "./check-settings.js";
import { FitcheckError } from "./errors.js";
import { type EstimateDevice, withOverhead } from "./estimate.js";
import { accountMemory, type WeightedModel } from "./memory.js";
import type { Model } from "./model.js";
import type { MemoryEstimate } from "./report.js";
import { DEFAULT_SETTINGS, type Settings } from "./settings.js";
import { GiB } from "./units.js";
import { weighQuants } from "./weigh.js";

/** One run of a model: the settings of llama.cpp that decide memory. What is left out is llama.cpp's default. */
export interface EstimateRequest extends Partial<Omit<Settings, "contextLength" | "runtime" | "marginBytes">> {
  readonly contextLength: number;
  /** Defaults to the file's own where the model came from a file. */
  readonly quant?: string;
  /** GPUs in order; one by default. Their sizes decide how layers are split over several. */
  readonly devices?: readonly { readonly totalBytes: number }[];
}

/** Any one GPU: with a single device its size decides nothing. */
const ONE_GPU = [{ totalBytes: 24 * GiB }];

const weighted = new WeakMap<Model, Map<string, WeightedModel>>();

function weigh(model: Model, quant: string | undefined): WeightedModel {
  let known = weighted.get(model);
  if (!known) {
    known = new Map();
    weighted.set(model, known);
  }
  const key = quant ?? "";
  let made = known.get(key);
  if (!made) {
    if (quant === undefined && model.quants.length > 1) {
      throw new FitcheckError("BAD_VALUE", `${model.id} comes in ${model.quants.length} quantizations`, {
        hint: "Say which one: quant.",
        suggestions: model.quants.slice(0, 5).map((offer) => offer.quant),
      });
    }
    const [first] = weighQuants(
      model,
      quant === undefined ? model.quants.slice(0, 1).map((offer) => offer.quant) : [quant],
    );
    if (!first) throw new FitcheckError("BAD_VALUE", `${model.id} comes in no quantization`);
    made = first.model;
    known.set(key, made);
  }
  return made;
}

/** The request without what is undefined. */
function given(request: EstimateRequest): EstimateRequest {
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  ) as unknown as EstimateRequest;
}

/**
 * Memory per GPU and on the host, exact where llama.cpp is deterministic. Pure and synchronous.
 * @throws FitcheckError BAD_VALUE for an unknown quantization, none where there are several, or settings llama.cpp refuses
 */
export function estimateMemory(model: Model, request: EstimateRequest): MemoryEstimate {
  const devices = request.devices ?? ONE_GPU;
  const settings = { ...DEFAULT_SETTINGS, ...given(request) };
  checkSettings(settings);
  const accounted = accountMemory(weigh(model, request.quant), {
    ...settings,
    gpuLayers: settings.gpuLayers ?? "all",
    cpuMoeLayers: settings.cpuMoeLayers ?? 0,
    devices,
  });
  const named = devices.map((_, i): EstimateDevice => ({ id: `CUDA${i}`, backend: "cuda" }));
  return withOverhead(accounted, named);
}
