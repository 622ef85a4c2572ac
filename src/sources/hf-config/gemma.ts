import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";

/** Gemma 2 (`Gemma2Model`): the output always reuses the embeddings. */
export function convertGemma2(config: HfConfig): ConvertedConfig {
  return {
    architecture: "gemma2",
    values: { ...gemmaValues(config), "attention.sliding_window": config.count("sliding_window") },
  };
}

function gemmaValues(config: HfConfig): Values {
  return setFlags(commonValues(config), { tiedOutput: true });
}

/**
 * Gemma 3 (`Gemma3Model`). Published configs leave out what `Gemma3TextConfig` presumes: 8 heads, 4 KV heads,
 * a head of 256,
 * 131,072 tokens, 262,208 rows of vocabulary. Which layers slide is fixed by the architecture (every sixth one is full).
 */
export function convertGemma3(config: HfConfig): ConvertedConfig {
  const values = setDefined(gemmaValues(config), {
    context_length: config.optionalCount("max_position_embeddings") ?? 131072,
    "attention.head_count": config.optionalCount("num_attention_heads") ?? 8,
    "attention.head_count_kv": config.optionalCount("num_key_value_heads") ?? 4,
    "attention.key_length": config.optionalCount("head_dim") ?? 256,
    "attention.value_length": config.optionalCount("head_dim") ?? 256,
    "attention.sliding_window": config.raw("sliding_window_pattern") === 1 ? undefined : config.count("sliding_window"),
    vocab_size: config.optionalCount("vocab_size") ?? 262208,
  });
  return { architecture: "gemma3", values };
}
