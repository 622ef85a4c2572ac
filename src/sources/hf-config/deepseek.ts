import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";
import { withPredictionBlocks } from "./patterns.js";

/**
 * DeepSeek V2 and V3, Kimi K2, Moonlight and others (`DeepseekV2Model`): multi-head latent attention becomes
 * attention with one KV head whose key is the latent vector and the rotated part, whose value is the latent vector.
 */
export function latentValues(config: HfConfig): Values {
  const rank = config.optionalCount("kv_lora_rank") ?? 512;
  const rotated = config.count("qk_rope_head_dim");
  const experts = config.optionalCount("n_routed_experts", "num_local_experts");
  const values = setDefined(commonValues(config), {
    "attention.head_count_kv": 1,
    "attention.q_lora_rank": config.optionalCount("q_lora_rank"),
    "attention.kv_lora_rank": rank,
    "attention.key_length": rank + rotated,
    "attention.value_length": rank,
    "attention.key_length_mla": config.count("qk_nope_head_dim") + rotated,
    "attention.value_length_mla": config.count("v_head_dim"),
    expert_count: experts,
    expert_feed_forward_length: config.count("moe_intermediate_size", "intermediate_size"),
    expert_shared_count: config.optionalCount("n_shared_experts") ?? 0,
    leading_dense_block_count:
      config.optionalCount("first_k_dense_replace") ?? (experts === undefined ? config.blockCount() : 0),
    "rope.dimension_count": rotated,
    expert_weights_scale: config.real("routed_scaling_factor"),
    expert_weights_norm: config.flag("norm_topk_prob") ? true : undefined,
  });
  return setFlags(values, {
    tiedOutput: config.flag("tie_word_embeddings"),
    // only routing without an auxiliary loss learns a bias per expert (V3 and what follows it)
    expertProbabilityBias: config.text("topk_method") === "noaux_tc" || config.text("scoring_func") === "sigmoid",
  });
}

/** Multi-token prediction blocks are left out. */
export function convertDeepseek2(config: HfConfig): ConvertedConfig {
  return { architecture: "deepseek2", values: latentValues(config) };
}

/** Blocks of the prediction head are part of the file. */
function withPrediction(config: HfConfig, values: Values): Values {
  const { blocks, prediction } = withPredictionBlocks(config, "num_nextn_predict_layers");
  return { ...values, block_count: blocks, ...(prediction > 0 ? { nextn_predict_layers: prediction } : {}) };
}

/** GLM-4.7-Flash (`Glm4MoeLiteModel`). */
export function convertGlm4MoeLite(config: HfConfig): ConvertedConfig {
  const values = setFlags(withPrediction(config, latentValues(config)), { expertProbabilityBias: true });
  return { architecture: "deepseek2", values };
}

/** The lightning indexer of sparse attention. */
function indexer(config: HfConfig): Values {
  return {
    "attention.indexer.head_count": config.count("index_n_heads"),
    "attention.indexer.key_length": config.count("index_head_dim"),
    "attention.indexer.top_k": config.count("index_topk"),
  };
}

/** DeepSeek V3.2 (`DeepseekV32Model`). */
export function convertDeepseek32(config: HfConfig): ConvertedConfig {
  const values = { ...withPrediction(config, latentValues(config)), ...indexer(config) };
  return { architecture: "deepseek32", values: setFlags(values, { expertProbabilityBias: true }) };
}

/** GLM-5 (`GlmMoeDsaModel`): some layers may use the index of another (`indexer_types`). */
export function convertGlmDsa(config: HfConfig): ConvertedConfig {
  const types = config.strings("indexer_types");
  const values = setDefined(
    { ...withPrediction(config, latentValues(config)), ...indexer(config) },
    { "attention.indexer.types": types?.map((type) => type === "full") },
  );
  return { architecture: "glm-dsa", values: setFlags(values, { expertProbabilityBias: true }) };
}

/** Mistral Small 4 (`Mistral4Model`). */
export function convertMistral4(config: HfConfig): ConvertedConfig {
  return { architecture: "mistral4", values: latentValues(config) };
}
