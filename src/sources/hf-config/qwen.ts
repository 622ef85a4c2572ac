import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";
import { perBlock, withPredictionBlocks } from "./patterns.js";

/** Qwen 1 (`QwenModel`): `intermediate_size` counts both halves of the feed-forward. */
export function convertQwen(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings") });
  return { architecture: "qwen", values };
}

/** Qwen 2 and 2.5 (`Qwen2Model`): query, key and value always have a bias. `sliding_window` is not written. */
export function convertQwen2(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings"), qkvBias: true });
  return { architecture: "qwen2", values };
}

/** Qwen 3 dense (`Qwen3Model`). */
export function convertQwen3(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), {
    tiedOutput: config.flag("tie_word_embeddings"),
    qkvBias: config.flag("attention_bias"),
  });
  return { architecture: "qwen3", values };
}

/** Expert widths of the Qwen mixtures (`Qwen2MoeModel.set_gguf_parameters`). */
export function qwenMoeValues(config: HfConfig): Values {
  const values = setDefined(commonValues(config), {
    expert_feed_forward_length: config.optionalCount("moe_intermediate_size"),
    expert_shared_feed_forward_length: config.optionalCount("shared_expert_intermediate_size"),
  });
  return setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") });
}

/** Qwen 1.5 and 2 mixtures of experts (`Qwen2MoeModel`). */
export function convertQwen2Moe(config: HfConfig): ConvertedConfig {
  return { architecture: "qwen2moe", values: setFlags(qwenMoeValues(config), { qkvBias: true }) };
}

/** Qwen 3 mixtures of experts (`Qwen3MoeModel`). */
export function convertQwen3Moe(config: HfConfig): ConvertedConfig {
  return { architecture: "qwen3moe", values: qwenMoeValues(config) };
}

/** Gated DeltaNet layers between full ones (`Qwen3NextModel.set_gguf_parameters`). */
function linearAttention(config: HfConfig): Values {
  const rope = config.rope();
  const partial =
    config.real("partial_rotary_factor") ??
    (typeof rope.partial_rotary_factor === "number" ? rope.partial_rotary_factor : 0.25);
  return {
    "ssm.conv_kernel": config.count("linear_conv_kernel_dim"),
    "ssm.state_size": config.count("linear_key_head_dim"),
    "ssm.group_count": config.count("linear_num_key_heads"),
    "ssm.time_step_rank": config.count("linear_num_value_heads"),
    "ssm.inner_size": config.count("linear_value_head_dim") * config.count("linear_num_value_heads"),
    full_attention_interval: config.optionalCount("full_attention_interval") ?? 4,
    "rope.dimension_count": Math.floor(config.headLength() * partial),
  };
}

/** Qwen3-Next (`Qwen3NextModel`): its next-token prediction layers are left out. */
export function convertQwen3Next(config: HfConfig): ConvertedConfig {
  return { architecture: "qwen3next", values: { ...qwenMoeValues(config), ...linearAttention(config) } };
}

/** Qwen 3.5 and later (`Qwen3_5TextModel`): with their next-token prediction blocks. */
function qwen35Values(config: HfConfig): Values {
  const { blocks, prediction } = withPredictionBlocks(config, "mtp_num_hidden_layers");
  const linear = linearAttention(config);
  const interval = Number(linear.full_attention_interval) || 1;
  const types = config.strings("layer_types");
  const recurrent = (il: number) =>
    types === undefined ? (il + 1) % interval !== 0 : types[il] === "linear_attention";
  const values = qwenMoeValues(config);
  return {
    ...values,
    ...linear,
    block_count: blocks,
    feed_forward_length: config.optionalCount("intermediate_size") ?? config.count("moe_intermediate_size"),
    // written whether the config says so or not (`_QWEN35_DEFAULT_MROPE_SECTION`)
    "rope.dimension_sections": (values["rope.dimension_sections"] ?? [11, 11, 10, 0]) as number[],
    "attention.recurrent_layers": perBlock(blocks, (il) => il < blocks - prediction && recurrent(il)),
    ...(prediction > 0 ? { nextn_predict_layers: prediction } : {}),
  };
}

export function convertQwen35(config: HfConfig): ConvertedConfig {
  return { architecture: "qwen35", values: qwen35Values(config) };
}

export function convertQwen35Moe(config: HfConfig): ConvertedConfig {
  return { architecture: "qwen35moe", values: qwen35Values(config) };
}
