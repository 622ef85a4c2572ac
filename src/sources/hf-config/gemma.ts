import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";

/** The output of every Gemma reuses the embeddings. */
function gemmaValues(config: HfConfig): Values {
  return setFlags(commonValues(config), { tiedOutput: true });
}

/** Gemma (`GemmaModel`). */
export function convertGemma(config: HfConfig): ConvertedConfig {
  return { architecture: "gemma", values: gemmaValues(config) };
}

/** Gemma 2 (`Gemma2Model`). Every other layer slides; the architecture says so, not the metadata. */
export function convertGemma2(config: HfConfig): ConvertedConfig {
  const values = setDefined(gemmaValues(config), {
    "attention.sliding_window": config.count("sliding_window"),
    attn_logit_softcapping: config.real("attn_logit_softcapping") ?? 50,
    final_logit_softcapping: config.real("final_logit_softcapping") ?? 30,
  });
  return { architecture: "gemma2", values };
}

/**
 * Gemma 3 (`Gemma3Model`). Published configs leave out what `Gemma3TextConfig` presumes: 8 heads, 4 KV heads,
 * a head of 256, 131,072 tokens, 262,208 rows of vocabulary. Which layers slide is fixed by the architecture
 * (every sixth one is full).
 */
export function gemma3Values(config: HfConfig): Values {
  return setDefined(gemmaValues(config), {
    context_length: config.optionalCount("max_position_embeddings") ?? 131072,
    "attention.head_count": config.optionalCount("num_attention_heads") ?? 8,
    "attention.head_count_kv": config.optionalCount("num_key_value_heads") ?? 4,
    "attention.key_length": config.optionalCount("head_dim") ?? 256,
    "attention.value_length": config.optionalCount("head_dim") ?? 256,
    "attention.sliding_window": config.raw("sliding_window_pattern") === 1 ? undefined : config.count("sliding_window"),
    final_logit_softcapping: config.real("final_logit_softcapping") || undefined,
    vocab_size: config.optionalCount("vocab_size") ?? 262208,
  });
}

export function convertGemma3(config: HfConfig): ConvertedConfig {
  return { architecture: "gemma3", values: gemma3Values(config) };
}

/** EmbeddingGemma (`EmbeddingGemma`): Gemma 3 without a causal mask. */
export function convertEmbeddingGemma(config: HfConfig): ConvertedConfig {
  return { architecture: "gemma-embedding", values: { ...gemma3Values(config), "attention.causal": false } };
}
