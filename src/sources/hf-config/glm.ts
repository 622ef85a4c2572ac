import { type ConvertedConfig, commonValues, routing, SIGMOID, setDefined, setFlags } from "./common.js";
import { EMBEDDING_KEYS, HEAD_KEYS, type HfConfig } from "./config.js";
import { withPredictionBlocks } from "./patterns.js";

/** Dimensions that are rotated; half of a head unless the config says otherwise. */
function rotated(config: HfConfig): number {
  const rope = config.rope();
  const partial =
    typeof rope.partial_rotary_factor === "number"
      ? rope.partial_rotary_factor
      : (config.real("partial_rotary_factor") ?? 0.5);
  return Math.floor(config.headLength() * partial);
}

/** GLM-4-0414, GLM-Z1 and the text model of GLM-4.1V (`Glm4Model`). */
export function convertGlm4(config: HfConfig): ConvertedConfig {
  const values = { ...commonValues(config), "rope.dimension_count": rotated(config) };
  return {
    architecture: "glm4",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings"),
      qkvBias: config.flag("attention_bias"),
    }),
  };
}

/** GLM-4.5 to 4.7 and Solar Open (`Glm4MoeModel`): the next-token prediction block is part of the file. */
export function convertGlm4Moe(config: HfConfig): ConvertedConfig {
  const { blocks, prediction } = withPredictionBlocks(config, "num_nextn_predict_layers");
  const values = setDefined(commonValues(config), {
    ...routing(config),
    expert_gating_func: SIGMOID,
    block_count: blocks,
    expert_count: config.optionalCount("n_routed_experts", "num_local_experts"),
    expert_feed_forward_length: config.optionalCount("moe_intermediate_size"),
    expert_shared_count: config.optionalCount("n_shared_experts"),
    leading_dense_block_count: config.optionalCount("first_k_dense_replace"),
    nextn_predict_layers: prediction > 0 ? prediction : undefined,
    "rope.dimension_count": rotated(config),
  });
  return {
    architecture: "glm4moe",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings"),
      qkvBias: config.flag("attention_bias"),
      expertProbabilityBias: true,
      qkNorm: config.flag("use_qk_norm"),
    }),
  };
}

/** ChatGLM and GLM-4-9B of 2024 (`ChatGLMModel`). */
export function convertChatGlm(config: HfConfig): ConvertedConfig {
  const embedding = config.count("hidden_size", "n_embed");
  const heads = config.positive("n_head", "num_attention_heads");
  const values = setDefined(commonValues(config), {
    context_length: config.optionalCount("seq_length", "max_position_embeddings") ?? embedding,
    feed_forward_length: config.optionalCount("ffn_hidden_size", "intermediate_size") ?? 4 * embedding,
    "attention.head_count": heads,
    "attention.head_count_kv": config.optionalCount("multi_query_group_num", "num_key_value_heads") ?? heads,
    vocab_size: config.optionalCount("padded_vocab_size", "vocab_size"),
    "rope.dimension_count": Math.floor(
      (config.optionalCount("attention_dim") ??
        Math.floor(config.count(...EMBEDDING_KEYS) / config.positive(...HEAD_KEYS))) *
        (config.real("partial_rotary_factor") ?? 0.5),
    ),
  });
  return {
    architecture: "chatglm",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings"),
      qkvBias: config.flag("add_qkv_bias") || config.flag("attention_bias"),
    }),
  };
}
