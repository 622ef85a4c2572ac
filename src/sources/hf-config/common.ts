import type { MetadataValue } from "../../core/hyperparameters.js";
import { EMBEDDING_KEYS, HEAD_KEYS, type HfConfig } from "./config.js";

/** Metadata under GGUF names without the architecture prefix, in the order they are set. */
export type Values = Record<string, MetadataValue>;

/** What a config.json becomes: a GGUF `general.architecture` and its hyperparameters. */
export interface ConvertedConfig {
  readonly architecture: string;
  readonly values: Readonly<Values>;
}

export type Converter = (config: HfConfig) => ConvertedConfig;

/** Sets the entries that have a value; undefined stays unset, as the converter writes no such key. */
export function setDefined(values: Values, entries: Readonly<Record<string, MetadataValue | undefined>>): Values {
  for (const [key, value] of Object.entries(entries)) {
    if (value !== undefined) values[key] = value;
  }
  return values;
}

/**
 * The keys every text model gets (`TextModel.set_gguf_parameters`, llama.cpp `conversion/base.py`), as far as
 * memory depends on them, and the vocabulary.
 */
export function commonValues(config: HfConfig): Values {
  const heads = config.optionalCount(...HEAD_KEYS);
  return setDefined(
    {},
    {
      block_count: config.blockCount(),
      context_length: config.optionalCount(
        "max_position_embeddings",
        "n_ctx",
        "n_positions",
        "max_length",
        "max_sequence_length",
        "model_max_length",
      ),
      embedding_length: config.optionalCount(...EMBEDDING_KEYS),
      feed_forward_length: config.optionalCount("intermediate_size", "n_inner", "hidden_dim"),
      "attention.head_count": heads,
      // llama.cpp's loader takes head_count where a GGUF does not say
      "attention.head_count_kv": config.optionalCount("num_key_value_heads", "n_kv_heads") ?? heads,
      "attention.key_length": config.optionalCount("head_dim"),
      "attention.value_length": config.optionalCount("head_dim"),
      expert_count: config.optionalCount("num_local_experts", "num_experts"),
      expert_used_count: config.optionalCount("num_experts_per_tok", "num_experts_per_token", "top_k_experts"),
      expert_group_count: config.optionalCount("n_group"),
      expert_group_used_count: config.optionalCount("topk_group"),
      expert_gating_func: gating(config),
      vocab_size: config.optionalCount("vocab_size"),
      "rope.dimension_sections": ropeSections(config),
      ...ropeScaling(config),
    },
  );
}

/** How experts are weighed against each other (`ExpertGatingFuncType`): 1 softmax, 2 sigmoid. */
function gating(config: HfConfig): number | undefined {
  const name = config.text(
    "score_function",
    "scoring_func",
    "score_func",
    "moe_router_activation",
    "moe_router_activation_func",
  );
  return name === "sigmoid" ? SIGMOID : name === "softmax" ? 1 : undefined;
}

export const SIGMOID = 2;

/** What mixtures say of their routing beyond that: whether weights are normalised, and what they are scaled by. */
export function routing(config: HfConfig): Values {
  return setDefined(
    {},
    {
      expert_weights_scale: config.real("routed_scaling_factor"),
      expert_weights_norm: config.raw("norm_topk_prob") === undefined ? undefined : config.flag("norm_topk_prob"),
    },
  );
}

/** Dimensions that rotate with time, height and width (`mrope_section`), padded to four. */
function ropeSections(config: HfConfig): number[] | undefined {
  const sections = config.rope().mrope_section;
  if (!Array.isArray(sections) || !sections.every((n) => Number.isInteger(n) && n >= 0)) return undefined;
  return [...sections, 0, 0, 0, 0].slice(0, 4);
}

/** `rope.scaling.*` of linear, YaRN and long rope; llama3 scaling becomes a tensor instead. */
function ropeScaling(config: HfConfig): Record<string, MetadataValue | undefined> {
  const rope = config.rope();
  const factor = typeof rope.factor === "number" ? rope.factor : undefined;
  const original = rope.original_max_position_embeddings;
  switch (rope.rope_type) {
    case "linear":
      return factor === undefined ? {} : { "rope.scaling.type": "linear", "rope.scaling.factor": factor };
    case "yarn":
      if (factor === undefined) return {};
      return {
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": factor,
        "rope.scaling.original_context_length": typeof original === "number" ? original : undefined,
      };
    case "su":
    case "longrope":
      return { "rope.scaling.type": "longrope" };
    default:
      return {};
  }
}

/** Whether a `rope_freqs.weight` is written (`LlamaModel.generate_extra_tensors`). */
export function hasRopeFreqs(config: HfConfig): boolean {
  const type = config.rope().rope_type;
  return typeof type === "string" && type.toLowerCase() === "llama3";
}

/** The `tensors.*` flags: only what is there is said. */
export interface TensorFlags {
  tiedOutput?: boolean;
  qkvBias?: boolean;
  attentionOutputBias?: boolean;
  feedForwardBias?: boolean;
  ropeFreqs?: boolean;
  ropeFactors?: boolean;
  expertProbabilityBias?: boolean;
  qkNorm?: boolean;
}

const FLAG_KEYS = {
  tiedOutput: "tensors.tied_output",
  qkvBias: "tensors.qkv_bias",
  attentionOutputBias: "tensors.attn_output_bias",
  feedForwardBias: "tensors.ffn_bias",
  ropeFreqs: "tensors.rope_freqs",
  ropeFactors: "tensors.rope_factors",
  expertProbabilityBias: "tensors.exp_probs_b",
  qkNorm: "tensors.qk_norm",
} as const satisfies Record<keyof TensorFlags, string>;

export function setFlags(values: Values, flags: TensorFlags): Values {
  for (const [flag, key] of Object.entries(FLAG_KEYS)) {
    if (flags[flag as keyof TensorFlags] === true) values[key] = true;
  }
  return values;
}
