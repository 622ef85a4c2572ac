import { type ConvertedConfig, commonValues, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";
import { qwenMoeValues } from "./qwen.js";

/** The text model of Qwen2-VL and Qwen2.5-VL (`Qwen2VLModel`). The vision tower is a file of its own. */
export function convertQwen2Vl(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings"), qkvBias: true });
  return { architecture: "qwen2vl", values };
}

/**
 * Vision layers whose features join the first text layers (`deepstack_visual_indexes`); `Qwen3VLVisionConfig`
 * presumes three of them.
 */
function deepstackLayers(config: HfConfig): number {
  const indexes: unknown = config.object("vision_config")?.deepstack_visual_indexes;
  return Array.isArray(indexes) ? indexes.length : 3;
}

/** The text model of Qwen3-VL (`Qwen3VLTextModel`). */
export function convertQwen3Vl(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings") });
  values.n_deepstack_layers = deepstackLayers(config);
  return { architecture: "qwen3vl", values };
}

export function convertQwen3VlMoe(config: HfConfig): ConvertedConfig {
  return {
    architecture: "qwen3vlmoe",
    values: { ...qwenMoeValues(config), n_deepstack_layers: deepstackLayers(config) },
  };
}
