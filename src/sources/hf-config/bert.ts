import { type ConvertedConfig, commonValues, setDefined, type Values } from "./common.js";
import type { HfConfig } from "./config.js";

/** Segments a BERT tells apart (`tokenizer.ggml.token_type_count`): rows of token_types.weight. */
function bertValues(config: HfConfig): Values {
  return {
    ...commonValues(config),
    token_type_count: config.optionalCount("type_vocab_size") ?? 1,
    "attention.causal": false,
  };
}

/** BERT and what is built like it: BGE, MiniLM, mxbai, Arctic (`BertModel`). */
export function convertBert(config: HfConfig): ConvertedConfig {
  return { architecture: "bert", values: bertValues(config) };
}

/** RoBERTa and XLM-RoBERTa: positions begin after the padding token (`RobertaModel`, `XLMRobertaModel`). */
export function convertRoberta(config: HfConfig): ConvertedConfig {
  const padding = config.optionalCount("pad_token_id");
  const positions = config.count("max_position_embeddings");
  const values = setDefined(bertValues(config), {
    context_length: padding === undefined ? positions : Math.max(0, positions - 1 - padding),
  });
  return { architecture: "bert", values };
}

/** Nomic Embed (`NomicBertModel`): trained on 2048 tokens (512 for the mixture), rotated positions. */
export function convertNomicBert(config: HfConfig): ConvertedConfig {
  const every = config.optionalCount("moe_every_n_layers") ?? 0;
  const positions = config.count("n_positions", "max_position_embeddings");
  const values = setDefined(bertValues(config), {
    context_length: positions === 8192 ? 2048 : positions === 2048 ? 512 : positions,
    moe_every_n_layers: every > 0 ? every : undefined,
    expert_used_count: every > 0 ? config.count("moe_top_k") : undefined,
  });
  return { architecture: every > 0 ? "nomic-bert-moe" : "nomic-bert", values };
}

/** Jina Embeddings 2 (`JinaBertV2Model`): no positions. */
export function convertJinaBert2(config: HfConfig): ConvertedConfig {
  return { architecture: "jina-bert-v2", values: bertValues(config) };
}

/** ModernBERT (`ModernBertModel`): every so many blocks see everything, the others a window. */
export function convertModernBert(config: HfConfig): ConvertedConfig {
  const values = setDefined(bertValues(config), {
    "attention.sliding_window": config.count("local_attention"),
    "attention.sliding_window_pattern": config.optionalCount("global_attn_every_n_layers"),
  });
  return { architecture: "modern-bert", values };
}
