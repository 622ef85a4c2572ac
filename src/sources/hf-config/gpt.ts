import { type ConvertedConfig, commonValues, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";

/** GPT-2 (`GPT2Model`): the output is the embedding table. */
export function convertGpt2(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    context_length: config.count("n_ctx", "n_positions"),
    feed_forward_length: 4 * config.count("n_embd"),
  });
  return { architecture: "gpt2", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true) }) };
}

/** MPT (`MPTModel`): tied, and `attn_config` may clamp or group. */
export function convertMpt(config: HfConfig): ConvertedConfig {
  const width = config.count("d_model");
  const attention = config.nested("attn_config");
  const values = setDefined(commonValues(config), {
    context_length: config.count("max_seq_len"),
    embedding_length: width,
    feed_forward_length: 4 * width,
    "attention.head_count_kv": attention.optionalCount("kv_n_heads") ?? config.count("n_heads"),
    "attention.clamp_kqv": attention.real("clip_qkv"),
  });
  return { architecture: "mpt", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true) }) };
}

/** BLOOM (`BloomModel`): without a sequence length in the config its context is the embedding's. */
export function convertBloom(config: HfConfig): ConvertedConfig {
  const width = config.count("hidden_size", "n_embed");
  const heads = config.positive("n_head", "num_attention_heads");
  const values = setDefined(commonValues(config), {
    context_length: config.optionalCount("seq_length") ?? width,
    embedding_length: width,
    feed_forward_length: 4 * width,
    "attention.head_count": heads,
    "attention.head_count_kv": heads,
  });
  return { architecture: "bloom", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true) }) };
}

/** GPT-NeoX and Pythia (`GPTNeoXModel`). `GPTNeoXConfig` presumes that a quarter of a head is rotated. */
export function convertGptNeoX(config: HfConfig): ConvertedConfig {
  const partial = config.real("rotary_pct", "partial_rotary_factor") ?? 0.25;
  const head = Math.floor(config.count("hidden_size") / config.positive("num_attention_heads"));
  const values = setDefined(commonValues(config), {
    "rope.dimension_count": Math.floor(partial * head),
    use_parallel_residual: config.flag("use_parallel_residual", true),
  });
  return { architecture: "gptneox", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}
