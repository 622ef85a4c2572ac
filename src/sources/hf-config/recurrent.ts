import { FitcheckError } from "../../core/errors.js";
import {
  type ConvertedConfig,
  commonValues,
  hasRopeFreqs,
  SIGMOID,
  setDefined,
  setFlags,
  type Values,
} from "./common.js";
import type { HfConfig } from "./config.js";
import { perBlock } from "./patterns.js";

/** llama.cpp writes 2^20 tokens for models without positions. */
const UNLIMITED_CONTEXT = 2 ** 20;

/** Rows of vocabulary, padded as Mamba's trainers do. */
function padded(config: HfConfig, multiple: number): number {
  const to = config.optionalCount("pad_vocab_size_multiple") ?? multiple;
  return to === 0 ? config.count("vocab_size") : Math.ceil(config.count("vocab_size") / to) * to;
}

/** What Mamba 1 and 2 state alike; rows of vocabulary come in multiples of `rows`. */
function mambaValues(config: HfConfig, width: number, rows: number): Values {
  return {
    block_count: config.blockCount(),
    context_length: UNLIMITED_CONTEXT,
    embedding_length: width,
    feed_forward_length: 0,
    "attention.head_count": 0,
    vocab_size: padded(config, rows),
    "ssm.conv_kernel": config.optionalCount("conv_kernel", "d_conv") ?? 4,
  };
}

/** Mamba and Falcon-Mamba (`MambaModel`). */
export function convertMamba(config: HfConfig): ConvertedConfig {
  const width = config.count("hidden_size", "d_model");
  const values: Values = {
    ...mambaValues(config, width, 8),
    "ssm.inner_size": config.optionalCount("intermediate_size", "d_inner") ?? 2 * width,
    "ssm.state_size": config.optionalCount("state_size", "d_state") ?? 16,
    "ssm.time_step_rank": config.optionalCount("time_step_rank", "dt_rank") ?? Math.ceil(width / 16),
    "ssm.dt_b_c_rms": config.text("model_type") === "falcon_mamba",
  };
  return { architecture: "mamba", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true) }) };
}

/** Mamba 2 (`Mamba2Model`). */
export function convertMamba2(config: HfConfig): ConvertedConfig {
  const width = config.count("hidden_size", "d_model", "dim");
  const inner = config.optionalCount("mamba_d_ssm", "intermediate_size", "d_inner") ?? 2 * width;
  const head = config.optionalCount("mamba_d_head", "head_dim") ?? 64;
  const values: Values = {
    ...mambaValues(config, width, 16),
    "ssm.inner_size": inner,
    "ssm.state_size": config.optionalCount("state_size", "d_state") ?? 128,
    "ssm.time_step_rank": Math.floor(inner / Math.max(1, head)),
    "ssm.group_count": config.optionalCount("n_groups") ?? 1,
  };
  const tiedOutput = config.flag("tie_word_embeddings", config.flag("tie_embeddings"));
  return { architecture: "mamba2", values: setFlags(values, { tiedOutput }) };
}

/** Falcon H1 (`FalconH1Model`): attention and a state in every layer. */
export function convertFalconH1(config: HfConfig): ConvertedConfig {
  const inner = config.count("mamba_d_ssm");
  const values = setDefined(commonValues(config), {
    "attention.key_length": config.headLength(),
    "attention.value_length": config.headLength(),
    "ssm.conv_kernel": config.optionalCount("mamba_d_conv") ?? 4,
    "ssm.inner_size": inner,
    "ssm.state_size": config.optionalCount("mamba_d_state") ?? 128,
    "ssm.time_step_rank": Math.floor(inner / config.positive("mamba_d_head")),
    "ssm.group_count": config.optionalCount("mamba_n_groups") ?? 1,
  });
  if (config.flag("mamba_rms_norm")) values["tensors.ssm_norm"] = true;
  return {
    architecture: "falcon-h1",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }),
  };
}

/** Jamba (`JambaModel`): attention every `attn_layer_period` layers. */
export function convertJamba(config: HfConfig): ConvertedConfig {
  const width = config.count("hidden_size", "mamba_d_model");
  const heads = config.count("num_key_value_heads");
  const offset = config.count("attn_layer_offset");
  const period = config.positive("attn_layer_period");
  const values = setDefined(commonValues(config), {
    "attention.head_count_kv": perBlock(config.blockCount(), (il) =>
      il >= offset && (il - offset) % period === 0 ? heads : 0,
    ),
    "ssm.conv_kernel": config.optionalCount("mamba_d_conv") ?? 4,
    "ssm.inner_size": (config.optionalCount("mamba_expand") ?? 2) * width,
    "ssm.state_size": config.optionalCount("mamba_d_state") ?? 16,
    "ssm.time_step_rank": config.optionalCount("mamba_dt_rank") ?? Math.ceil(width / 16),
    // not in a GGUF, whose tensor list shows it: which layers have experts
    "tensors.expert_layer_offset": config.optionalCount("expert_layer_offset") ?? 1,
    "tensors.expert_layer_period": config.optionalCount("expert_layer_period") ?? 2,
  });
  delete values["attention.key_length"];
  delete values["attention.value_length"];
  return { architecture: "jamba", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** Liquid LFM 2 (`LFM2Model`): short convolutions, attention on few layers, a feed-forward that is not what the config says. */
export function convertLfm2(config: HfConfig): ConvertedConfig {
  return { architecture: "lfm2", values: lfm2Values(config, lfm2Width(config)) };
}

/** Liquid LFM 2 mixtures (`LFM2MoeModel`). */
export function convertLfm2Moe(config: HfConfig): ConvertedConfig {
  const values = setDefined(lfm2Values(config, config.count("intermediate_size")), {
    expert_feed_forward_length: config.count("moe_intermediate_size"),
    leading_dense_block_count: config.count("num_dense_layers"),
    expert_gating_func: SIGMOID,
  });
  return { architecture: "lfm2moe", values };
}

function lfm2Values(config: HfConfig, width: number): Values {
  const heads = config.count("num_key_value_heads");
  const types = config.strings("layer_types") ?? [];
  const values = setDefined(commonValues(config), {
    feed_forward_length: width,
    "attention.head_count_kv": perBlock(config.blockCount(), (il) => (types[il] === "full_attention" ? heads : 0)),
    "shortconv.l_cache": config.count("conv_L_cache"),
  });
  return setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", config.flag("tie_embedding", true)) });
}

/** Two thirds of what is given, rounded up, where `block_auto_adjust_ff_dim` says so (`_add_feed_forward_length`). */
function lfm2Width(config: HfConfig): number {
  const given = config.count("block_ff_dim", "intermediate_size");
  if (!config.flag("block_auto_adjust_ff_dim")) return given;
  const scaled = Math.floor((config.real("block_ffn_dim_multiplier") ?? 1) * Math.floor((2 * given) / 3));
  const multiple = config.optionalCount("block_multiple_of") ?? 256;
  return multiple === 0 ? scaled : Math.ceil(scaled / multiple) * multiple;
}

/**
 * Kimi Linear (`KimiLinearModel`): delta attention with latent attention on the layers of
 * `linear_attn_config.full_attn_layers` (counted from 1).
 */
export function convertKimiLinear(config: HfConfig): ConvertedConfig {
  if (config.optionalCount("attn_res_block_size") !== undefined) {
    throw new FitcheckError(
      "UNSUPPORTED_ARCHITECTURE",
      "this Kimi has attention residuals, which llama.cpp does not load",
    );
  }
  const linear = config.object("linear_attn_config") ?? {};
  const full = Array.isArray(linear.full_attn_layers) ? linear.full_attn_layers : [];
  const rank = config.count("kv_lora_rank");
  const rotated = config.count("qk_rope_head_dim");
  const values = setDefined(commonValues(config), {
    "attention.head_count_kv": perBlock(config.blockCount(), (il) => (full.includes(il + 1) ? 1 : 0)),
    "attention.q_lora_rank": config.optionalCount("q_lora_rank"),
    "attention.kv_lora_rank": rank,
    "attention.key_length": rank + rotated,
    "attention.key_length_mla": config.count("qk_nope_head_dim") + rotated,
    "attention.value_length_mla": config.count("v_head_dim"),
    "kda.head_dim": typeof linear.head_dim === "number" ? linear.head_dim : undefined,
    "ssm.conv_kernel": typeof linear.short_conv_kernel_size === "number" ? linear.short_conv_kernel_size : undefined,
    expert_feed_forward_length: config.count("moe_intermediate_size"),
    expert_shared_count: config.count("num_shared_experts", "n_shared_experts"),
    leading_dense_block_count: config.optionalCount("first_k_dense_replace") ?? 1,
    expert_weights_scale: config.real("routed_scaling_factor"),
    "rope.dimension_count": rotated,
  });
  delete values["attention.value_length"];
  return {
    architecture: "kimi-linear",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings"),
      ropeFreqs: hasRopeFreqs(config),
      expertProbabilityBias: true,
    }),
  };
}
