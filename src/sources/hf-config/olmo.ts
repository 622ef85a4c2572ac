import { type ConvertedConfig, commonValues, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";
import { slidingLayers } from "./patterns.js";

/** OLMo 1 (`OlmoModel`). */
export function convertOlmo(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), { "attention.clamp_kqv": config.real("clip_qkv") });
  return { architecture: "olmo", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** OLMo 2 and 3 (`Olmo2Model`); only the latter have a window, on all layers but every fourth. */
export function convertOlmo2(config: HfConfig): ConvertedConfig {
  const values = commonValues(config);
  const window = config.optionalCount("sliding_window");
  if (window !== undefined) {
    const blocks = config.blockCount();
    values["attention.sliding_window"] = window;
    values["attention.sliding_window_pattern"] =
      slidingLayers(config, blocks) ?? Array.from({ length: blocks }, (_, il) => (il + 1) % 4 !== 0);
  }
  return { architecture: "olmo2", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** OLMoE (`OlmoeModel`). */
export function convertOlmoe(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings") });
  return { architecture: "olmoe", values };
}
