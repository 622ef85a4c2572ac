import { FitcheckError } from "../../core/errors.js";
import type { ConvertedConfig } from "./common.js";
import { HfConfig } from "./config.js";
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
  if (config.modelClass === "") {
    throw new FitcheckError("BAD_FILE", 'config.json names no model class ("architectures")');
  }
  const converter = Object.hasOwn(CONVERTERS, config.modelClass) ? CONVERTERS[config.modelClass] : undefined;
  if (converter === undefined) {
    throw new FitcheckError("UNSUPPORTED_ARCHITECTURE", `the model class "${config.modelClass}" is not known`, {
      hint: "A GGUF of the model may still be read: fitcheck ./model.gguf",
    });
  }
  return converter(config);
}
