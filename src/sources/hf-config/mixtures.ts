import { type ConvertedConfig, commonValues, routing, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";
import { perBlock } from "./patterns.js";

/** DBRX (`DbrxModel`): `attn_config` and `ffn_config` hold what others have at the top. */
export function convertDbrx(config: HfConfig): ConvertedConfig {
  const attention = config.nested("attn_config");
  const feedForward = config.nested("ffn_config");
  const values = setDefined(commonValues(config), {
    context_length: config.count("max_seq_len"),
    embedding_length: config.count("d_model"),
    feed_forward_length: feedForward.count("ffn_hidden_size"),
    "attention.head_count_kv": attention.count("kv_n_heads"),
    "attention.clamp_kqv": attention.real("clip_qkv"),
    expert_count: feedForward.count("moe_num_experts"),
    expert_used_count: feedForward.count("moe_top_k"),
  });
  return { architecture: "dbrx", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** DeepSeek MoE of 2024 (`DeepseekModel`). */
export function convertDeepseek(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    "rope.dimension_count": config.headLength(),
    leading_dense_block_count: config.count("first_k_dense_replace"),
    expert_count: config.count("n_routed_experts"),
    expert_feed_forward_length: config.count("moe_intermediate_size"),
    expert_shared_count: config.count("n_shared_experts"),
    expert_weights_scale: 1,
  });
  return { architecture: "deepseek", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** Grok 1 and 2 (`GrokModel`); the second has dense feed-forwards beside its experts. */
export function convertGrok(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    attn_logit_softcapping: config.real("attn_logit_softcapping") ?? 30,
    router_logit_softcapping: config.real("router_logit_softcapping") ?? 30,
    final_logit_softcapping: config.real("final_logit_softcapping"),
    expert_feed_forward_length: config.optionalCount("moe_intermediate_size"),
    embedding_scale: config.real("embedding_multiplier_scale"),
    logit_scale: config.real("output_multiplier_scale"),
  });
  return { architecture: "grok", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** Next-token prediction blocks of every MiMo V2: `MimoV2Model` counts them itself, config.json does not. */
const MIMO_PREDICTION_BLOCKS = 3;

/** MiMo V2 Flash (`MimoV2Model`): which blocks have a window is `hybrid_layer_pattern`, and all that predict. */
export function convertMimo2(config: HfConfig): ConvertedConfig {
  const blocks = config.blockCount() + MIMO_PREDICTION_BLOCKS;
  const pattern = config.counts("hybrid_layer_pattern") ?? [];
  const sliding = perBlock(blocks, (il) => il >= blocks - MIMO_PREDICTION_BLOCKS || pattern[il] === 1);
  const full = config.count("num_key_value_heads");
  const windowed = config.count("swa_num_key_value_heads");
  const rope = config.rope().partial_rotary_factor;
  const partial = config.real("partial_rotary_factor") ?? (typeof rope === "number" ? rope : 1);
  const values = setDefined(commonValues(config), {
    ...routing(config),
    block_count: blocks,
    "attention.head_count_kv": perBlock(blocks, (il) => (sliding[il] ? windowed : full)),
    "attention.sliding_window": config.count("sliding_window"),
    "attention.sliding_window_pattern": sliding,
    "attention.value_length": config.count("v_head_dim"),
    "attention.value_scale": config.real("attention_value_scale"),
    expert_count: config.count("n_routed_experts"),
    expert_feed_forward_length: config.count("moe_intermediate_size"),
    leading_dense_block_count: leadingDense(config),
    "rope.dimension_count": Math.floor(config.headLength() * partial),
    nextn_predict_layers: MIMO_PREDICTION_BLOCKS,
  });
  return {
    architecture: "mimo2",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings"), expertProbabilityBias: true }),
  };
}

/** Blocks before the first with experts: `moe_layer_freq` is 1 where there are some. */
function leadingDense(config: HfConfig): number {
  return Math.max(0, config.counts("moe_layer_freq")?.indexOf(1) ?? 0);
}
