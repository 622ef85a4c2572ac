import { FitcheckError } from "../../core/errors.js";
import type { ConvertedConfig, Converter } from "./common.js";
import { HfConfig } from "./config.js";
import { effectiveClass } from "./model-class.js";
import { CONVERTERS } from "./registry.js";

/**
 * A checkpoint's `config.json` as the hyperparameters llama.cpp's converter (v0.5.0, `conversion/*.py`) would write
 * into a GGUF, under their names without the architecture prefix.
 *
 * @param json the parsed config.json
 * @throws FitcheckError BAD_FILE for what is missing or malformed, UNSUPPORTED_ARCHITECTURE for an unknown model class
 */
export function convertConfig(json: unknown): ConvertedConfig {
  const config = new HfConfig(json);
  return converterOf(config)(config);
}

function converterOf(config: HfConfig): Converter {
  const modelClass = effectiveClass(config);
  const converter =
    modelClass !== undefined && Object.hasOwn(CONVERTERS, modelClass) ? CONVERTERS[modelClass] : undefined;
  if (converter !== undefined) return converter;
  if (config.modelClass === "" && config.modelType === "") {
    throw new FitcheckError("BAD_FILE", 'config.json names neither a model class ("architectures") nor a "model_type"');
  }
  const named = config.modelClass !== "" ? `model class "${config.modelClass}"` : `model type "${config.modelType}"`;
  throw new FitcheckError("UNSUPPORTED_ARCHITECTURE", `the ${named} is not known`, {
    hint: "A GGUF of the model may still be read: fitcheck ./model.gguf",
  });
}
