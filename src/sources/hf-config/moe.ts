import { FitcheckError } from "../../core/errors.js";
import { type ConvertedConfig, commonValues, routing, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";
import { llamaValues } from "./llama.js";
import { perBlock, slidingLayers, withPredictionBlocks } from "./patterns.js";
import { qwenMoeValues } from "./qwen.js";

/** Llama 4 (`Llama4Model`): `intermediate_size` is the experts' width, `intermediate_size_mlp` that of dense layers. */
export function convertLlama4(config: HfConfig): ConvertedConfig {
  const values = setDefined(llamaValues(config), {
    feed_forward_length: config.count("intermediate_size_mlp"),
    expert_feed_forward_length: config.count("intermediate_size"),
    interleave_moe_layer_step: config.optionalCount("interleave_moe_layer_step") ?? 1,
  });
  // llama4's rope scaling leaves no tensor behind: its factors are 1 where llama.cpp reads them
  return { architecture: "llama4", values };
}

/** MiniMax M2 (`MiniMaxM2Model`). */
export function convertMiniMaxM2(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    expert_feed_forward_length: config.count("intermediate_size"),
    "rope.dimension_count": config.optionalCount("rotary_dim") ?? 64,
  });
  return {
    architecture: "minimax-m2",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings"), expertProbabilityBias: true }),
  };
}

/** dots.llm1 (`Dots1Model`). */
export function convertDots1(config: HfConfig): ConvertedConfig {
  const values = setDefined(qwenMoeValues(config), {
    ...routing(config),
    expert_count: config.count("n_routed_experts"),
    expert_shared_count: config.count("n_shared_experts"),
    leading_dense_block_count: config.count("first_k_dense_replace"),
  });
  return { architecture: "dots1", values: setFlags(values, { expertProbabilityBias: true }) };
}

/** Trinity (`AfmoeModel`). */
export function convertAfmoe(config: HfConfig): ConvertedConfig {
  const values = setDefined(llamaValues(config), {
    expert_weights_scale: config.real("route_scale"),
    expert_weights_norm: config.raw("route_norm") === undefined ? undefined : config.flag("route_norm"),
    expert_shared_count: config.optionalCount("num_shared_experts"),
    expert_feed_forward_length: config.optionalCount("moe_intermediate_size"),
    leading_dense_block_count: config.optionalCount("num_dense_layers"),
    "attention.sliding_window": config.optionalCount("sliding_window"),
  });
  return { architecture: "afmoe", values: setFlags(values, { expertProbabilityBias: true }) };
}

/** Ling of 2024 (`BailingMoeModel`). */
export function convertBailingMoe(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    expert_weights_scale: 1,
    expert_weights_norm: config.flag("norm_topk_prob"),
    "rope.dimension_count": config.headLength(),
    leading_dense_block_count: config.optionalCount("first_k_dense_replace") ?? 0,
    expert_feed_forward_length: config.count("moe_intermediate_size"),
    expert_shared_count: config.count("num_shared_experts"),
  });
  return {
    architecture: "bailingmoe",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings"), qkvBias: config.flag("use_qkv_bias") }),
  };
}

/** Ling 2.0 and Ring (`BailingMoeV2Model`). */
export function convertBailingMoe2(config: HfConfig): ConvertedConfig {
  const { blocks, prediction } = withPredictionBlocks(config, "num_nextn_predict_layers");
  const width = config.count("moe_intermediate_size");
  const shared = config.count("num_shared_experts");
  const values = setDefined(commonValues(config), {
    ...routing(config),
    block_count: blocks,
    "rope.dimension_count": Math.floor(config.headLength() * (config.real("partial_rotary_factor") ?? 0.5)),
    leading_dense_block_count: config.count("first_k_dense_replace"),
    expert_feed_forward_length: width,
    expert_shared_count: shared,
    expert_shared_feed_forward_length: config.optionalCount("moe_shared_expert_intermediate_size") ?? width * shared,
    nextn_predict_layers: prediction > 0 ? prediction : undefined,
  });
  return {
    architecture: "bailingmoe2",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings"), expertProbabilityBias: true }),
  };
}

/** ERNIE 4.5 mixtures (`Ernie4_5MoeModel`). */
export function convertErnieMoe(config: HfConfig): ConvertedConfig {
  const shared = config.optionalCount("moe_num_shared_experts");
  const values = setDefined(commonValues(config), {
    expert_count: config.count("moe_num_experts"),
    expert_used_count: config.count("moe_k"),
    interleave_moe_layer_step: config.optionalCount("moe_layer_interval") ?? 1,
    leading_dense_block_count: config.optionalCount("moe_layer_start_index") ?? 0,
    expert_feed_forward_length: config.optionalCount("moe_intermediate_size"),
    expert_shared_count: shared,
    expert_shared_feed_forward_length:
      shared === undefined || shared === 0
        ? undefined
        : Math.floor(config.count("intermediate_size") / config.positive("num_key_value_heads")),
  });
  return {
    architecture: "ernie4_5-moe",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true), expertProbabilityBias: true }),
  };
}

/** A value that some configs repeat for every layer. */
function uniform(config: HfConfig, key: string): number {
  const value = config.raw(key);
  if (!Array.isArray(value)) return config.count(key);
  const list = config.counts(key) ?? [];
  const first = list[0];
  if (first === undefined || list.some((entry) => entry !== first)) {
    throw new FitcheckError("BAD_FILE", `config.json: "${key}" differs between layers, which llama.cpp cannot convert`);
  }
  return first;
}

/** Hunyuan A13B (`HunYuanMoEModel`): dynamic rope stands for 262,144 tokens. */
export function convertHunyuanMoe(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    expert_used_count: uniform(config, config.raw("moe_topk") === undefined ? "num_experts_per_tok" : "moe_topk"),
    expert_feed_forward_length: uniform(config, "moe_intermediate_size"),
    expert_shared_feed_forward_length: config.count("intermediate_size"),
    expert_shared_count: uniform(config, "num_shared_expert"),
  });
  if (config.rope().rope_type === "dynamic") values.context_length = 262144;
  return { architecture: "hunyuan-moe", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/**
 * Step 3.5 (`Step35Model`): sliding layers have heads of their own, the last blocks predict further tokens.
 * `Step3p5Config` presumes that 8 experts are used.
 */
export function convertStep35(config: HfConfig): ConvertedConfig {
  const { blocks, prediction } = withPredictionBlocks(config, "num_nextn_predict_layers");
  const sliding = slidingLayers(config, blocks) ?? perBlock(blocks, () => false);
  const other = config.object("attention_other_setting") ?? {};
  const heads = config.count("num_attention_heads");
  const groups = config.count("num_attention_groups", "num_key_value_heads");
  const pick = (key: string, fallback: number) => (typeof other[key] === "number" ? other[key] : fallback);
  const values = setDefined(commonValues(config), {
    block_count: blocks,
    "attention.head_count": perBlock(blocks, (il) => (sliding[il] ? pick("num_attention_heads", heads) : heads)),
    "attention.head_count_kv": perBlock(blocks, (il) => (sliding[il] ? pick("num_attention_groups", groups) : groups)),
    "attention.sliding_window": config.count("sliding_window"),
    "attention.sliding_window_pattern": sliding,
    expert_count: config.count("moe_num_experts", "num_experts"),
    expert_used_count: config.optionalCount("moe_top_k", "num_experts_per_tok") ?? 8,
    expert_feed_forward_length: config.count("moe_intermediate_size"),
    expert_shared_feed_forward_length: config.count("share_expert_dim"),
    leading_dense_block_count: firstExpertLayer(config),
    expert_weights_scale: config.real("moe_router_scaling_factor"),
    expert_weights_norm: config.raw("norm_expert_weight") === undefined ? undefined : config.flag("norm_expert_weight"),
    moe_every_n_layers: config.optionalCount("moe_every_n_layer") ?? 1,
    nextn_predict_layers: prediction > 0 ? prediction : undefined,
  });
  return { architecture: "step35", values: setFlags(values, step35Flags(config)) };
}

function step35Flags(config: HfConfig) {
  const llama3 = config.rope().rope_type === "llama3";
  return { tiedOutput: config.flag("tie_word_embeddings"), ropeFreqs: llama3, expertProbabilityBias: true };
}

/** The first of `moe_layers_enum` ("3,4,5,..."), or `first_k_dense_replace`. */
function firstExpertLayer(config: HfConfig): number {
  const listed = (config.text("moe_layers_enum") ?? "").split(",").filter((part) => part.trim() !== "");
  const layers = listed.map(Number).filter((layer) => Number.isInteger(layer) && layer >= 0);
  return layers.length > 0 ? Math.min(...layers) : (config.optionalCount("first_k_dense_replace") ?? 0);
}
