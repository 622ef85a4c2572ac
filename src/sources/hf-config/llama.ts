import { type ConvertedConfig, commonValues, hasRopeFreqs, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";
import { convertMistral4 } from "./deepseek.js";

/**
 * Llama and what shares its tensors: Mistral, Mixtral, Yi, TinyLlama, SmolLM2... (`LlamaModel`).
 * The config classes of these models all say `tie_word_embeddings = false` unless config.json does otherwise.
 */
export function convertLlama(config: HfConfig): ConvertedConfig {
  return { architecture: "llama", values: llamaValues(config) };
}

/**
 * Mistral Small 3.1 and later (`Mistral3Model`): the same tensors under an architecture name of their own.
 * Mistral Small 4 (`model_type` mistral4) has latent attention instead.
 */
export function convertMistral3(config: HfConfig): ConvertedConfig {
  if (config.text("model_type") === "mistral4") return convertMistral4(config);
  return { architecture: "mistral3", values: llamaValues(config) };
}

export function llamaValues(config: HfConfig): Values {
  const values = commonValues(config);
  values["rope.dimension_count"] = config.headLength();
  return setFlags(values, {
    tiedOutput: config.flag("tie_word_embeddings"),
    qkvBias: config.flag("attention_bias"),
    attentionOutputBias: config.flag("attention_bias"),
    feedForwardBias: config.flag("mlp_bias"),
    ropeFreqs: hasRopeFreqs(config),
  });
}
