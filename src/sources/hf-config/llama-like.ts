import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";
import { llamaValues } from "./llama.js";

/** SmolLM 3 (`SmolLM3Model`): some layers do not rotate, which memory does not see. Ties unless told otherwise. */
export function convertSmolLm3(config: HfConfig): ConvertedConfig {
  const values = llamaValues(config);
  return {
    architecture: "smollm3",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true) }),
  };
}

/** AFM (`ArceeModel`): a feed-forward without a gate. */
export function convertArcee(config: HfConfig): ConvertedConfig {
  return { architecture: "arcee", values: llamaValues(config) };
}

/** Seed-OSS (`SeedOssModel`). `SeedOssConfig` presumes biases on query, key and value, none on the output. */
export function convertSeedOss(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), {
    tiedOutput: config.flag("tie_word_embeddings"),
    qkvBias: config.flag("attention_bias", true),
    attentionOutputBias: config.flag("attention_out_bias"),
    feedForwardBias: config.flag("mlp_bias"),
  });
  return { architecture: "seed_oss", values };
}

/** Command R and Aya (`CommandR2Model`): tied, and only Command R+ normalizes query and key. */
export function convertCommandR(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    context_length: config.optionalCount("model_max_length", "max_position_embeddings"),
    logit_scale: config.real("logit_scale") ?? 0.0625,
  });
  return {
    architecture: "command-r",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings", true),
      qkNorm: config.flag("use_qk_norm"),
    }),
  };
}

/** Command R7B and Command A (`Cohere2Model`): every fourth layer is full. */
export function convertCohere2(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    logit_scale: config.real("logit_scale") ?? 0.0625,
    "attention.sliding_window": config.count("sliding_window"),
    "rope.dimension_count": Math.floor((config.real("rotary_pct") ?? 1) * config.headLength()),
  });
  return {
    architecture: "cohere2",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings", true) }),
  };
}

/** StarCoder 2 (base class of `StarCoder2Model`): biases everywhere, tied. */
export function convertStarCoder2(config: HfConfig): ConvertedConfig {
  const bias = config.flag("use_bias", true);
  const values = setFlags(commonValues(config), {
    tiedOutput: config.flag("tie_word_embeddings", true),
    qkvBias: bias,
    attentionOutputBias: bias,
    feedForwardBias: bias,
  });
  return { architecture: "starcoder2", values };
}

/** StableLM (`StableLMModel`). */
export function convertStableLm(config: HfConfig): ConvertedConfig {
  const partial = config.real("partial_rotary_factor", "rope_pct") ?? 0.25;
  const values: Values = {
    ...commonValues(config),
    "rope.dimension_count": Math.floor(partial * config.headLength()),
    use_parallel_residual: config.flag("use_parallel_residual"),
  };
  return {
    architecture: "stablelm",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings"),
      qkvBias: config.flag("use_qkv_bias"),
      qkNorm: config.flag("qk_layernorm"),
    }),
  };
}

/** InternLM 2 and 2.5 (`InternLM2Model`). */
export function convertInternLm2(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings") });
  return { architecture: "internlm2", values };
}

/** InternLM 3 (`InternLM3Model`) is converted to the llama architecture. */
export function convertInternLm3(config: HfConfig): ConvertedConfig {
  const values = setFlags(llamaValues(config), { qkvBias: config.flag("qkv_bias") });
  return { architecture: "llama", values };
}

/** Baichuan (`BaichuanModel`). */
export function convertBaichuan(config: HfConfig): ConvertedConfig {
  const values = { ...commonValues(config), "rope.dimension_count": config.headLength() };
  return { architecture: "baichuan", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}

/** MiniCPM (`MiniCPMModel`): long-rope models carry two tables of factors. */
export function convertMiniCpm(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    embedding_scale: config.real("scale_emb"),
    residual_scale: (config.real("scale_depth") ?? 1) / Math.sqrt(config.blockCount()),
    logit_scale: config.count("hidden_size") / config.positive("dim_model_base"),
  });
  const flags = {
    tiedOutput: config.flag("tie_word_embeddings", true),
    ropeFactors: Array.isArray(config.rope().long_factor),
  };
  return { architecture: "minicpm", values: setFlags(values, flags) };
}

/** MiniCPM 3 (`MiniCPM3Model`): latent projections, but the cache keeps whole keys and values. */
export function convertMiniCpm3(config: HfConfig): ConvertedConfig {
  const rotated = config.count("qk_rope_head_dim");
  const values = setDefined(commonValues(config), {
    "attention.q_lora_rank": config.optionalCount("q_lora_rank"),
    "attention.kv_lora_rank": config.count("kv_lora_rank"),
    "attention.key_length": config.count("qk_nope_head_dim") + rotated,
    "rope.dimension_count": rotated,
  });
  delete values["attention.value_length"];
  return {
    architecture: "minicpm3",
    values: setFlags(values, {
      tiedOutput: config.flag("tie_word_embeddings", true),
      ropeFactors: Array.isArray(config.rope().long_factor),
    }),
  };
}

/** ERNIE 4.5 dense (`Ernie4_5Model`). Ties unless told otherwise. */
export function convertErnie(config: HfConfig): ConvertedConfig {
  const values = setFlags(commonValues(config), { tiedOutput: config.flag("tie_word_embeddings", true) });
  return { architecture: "ernie4_5", values };
}

/** Hunyuan dense (`HunYuanModel`): dynamic rope stands for 262,144 tokens. */
export function convertHunyuan(config: HfConfig): ConvertedConfig {
  const values = commonValues(config);
  delete values.expert_count;
  delete values.expert_used_count;
  if (config.rope().rope_type === "dynamic") values.context_length = 262144;
  return {
    architecture: "hunyuan-dense",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }),
  };
}

/**
 * Nemotron 3 and 4 of 2024, Minitron 4B (`NemotronModel`). `NemotronConfig` presumes 4096 tokens and 256,000 rows of
 * vocabulary.
 */
export function convertNemotron(config: HfConfig): ConvertedConfig {
  const rope = config.rope();
  const partial =
    config.real("partial_rotary_factor") ??
    (typeof rope.partial_rotary_factor === "number" ? rope.partial_rotary_factor : 0.5);
  const values = {
    ...commonValues(config),
    context_length: config.optionalCount("max_position_embeddings") ?? 4096,
    "rope.dimension_count": Math.floor(partial * config.headLength()),
    vocab_size: config.optionalCount("vocab_size") ?? 256000,
  };
  return { architecture: "nemotron", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}
