import { FitcheckError } from "../../core/errors.js";
import type { ConvertedConfig, Converter } from "./common.js";
import type { HfConfig } from "./config.js";
import { convertLlama } from "./llama.js";
import { convertQwen2, convertQwen3 } from "./qwen.js";

/**
 * Whose text model each version of MiniCPM-V has: llama.cpp takes it out of the checkpoint before it converts
 * (`tools/mtmd/legacy-models/minicpmv-surgery.py`), then goes by its class.
 */
const VISION: Readonly<Record<string, Converter>> = {
  "2.5": convertLlama,
  "2.6": convertQwen2,
  "4": convertLlama,
  "4.5": convertQwen3,
};

const OMNI: Readonly<Record<string, Converter>> = {
  "2.6": convertQwen2,
  "4.5": convertQwen3,
};

function byVersion(config: HfConfig, converters: Readonly<Record<string, Converter>>): ConvertedConfig {
  const version = String(config.raw("version") ?? "");
  const converter = Object.hasOwn(converters, version) ? converters[version] : undefined;
  if (converter !== undefined) return converter(config);
  throw new FitcheckError(
    "UNSUPPORTED_ARCHITECTURE",
    version === ""
      ? `this ${config.modelClass} does not say its version, on which its text model depends`
      : `the text model of ${config.modelClass} ${version} is not known`,
  );
}

/** The text model of MiniCPM-V up to 4.5. */
export function convertMiniCpmV(config: HfConfig): ConvertedConfig {
  return byVersion(config, VISION);
}

/** The text model of MiniCPM-o. */
export function convertMiniCpmO(config: HfConfig): ConvertedConfig {
  return byVersion(config, OMNI);
}
