import { type ConvertedConfig, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";
import { llamaValues } from "./llama.js";
import { perBlock } from "./patterns.js";

/** Granite (`GraniteModel`): a llama whose head length is always embedding over heads. */
export function convertGranite(config: HfConfig): ConvertedConfig {
  return { architecture: "granite", values: graniteValues(config) };
}

export function graniteValues(config: HfConfig): Values {
  const values = llamaValues(config.with({ head_dim: undefined }));
  setDefined(values, {
    embedding_scale: scale(config, "embedding_multiplier"),
    residual_scale: scale(config, "residual_multiplier"),
    logit_scale: scale(config, "logits_scaling"),
    "attention.scale": scale(config, "attention_multiplier"),
  });
  return setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") });
}

/** A multiplier; `GraniteConfig` presumes 1. */
function scale(config: HfConfig, key: string): number {
  return config.real(key) || 1;
}

/** Granite mixtures (`GraniteMoeModel`). */
export function convertGraniteMoe(config: HfConfig): ConvertedConfig {
  return { architecture: "granitemoe", values: graniteMoeValues(config) };
}

function graniteMoeValues(config: HfConfig): Values {
  const shared = config.optionalCount("shared_intermediate_size");
  return setDefined(graniteValues(config), {
    expert_shared_feed_forward_length: shared === 0 ? undefined : shared,
  });
}

/** `attention` in `layer_types`, or the indices or the period the config gives. */
function attentionLayers(config: HfConfig, blocks: number): Set<number> {
  const types = config.strings("layer_types");
  if (types !== undefined) return new Set(types.flatMap((type, il) => (type === "attention" ? [il] : [])));
  const indices = config.counts("attn_layer_indices");
  if (indices !== undefined && indices.length > 0) return new Set(indices);
  const period = config.positive("attn_layer_period");
  const offset = config.count("attn_layer_offset");
  return new Set(perBlock(blocks, (il) => il).filter((il) => il % period === offset));
}

/** Width of the state: the expansion of the embedding, or the heads times their width (`d_inner`). */
function innerSize(config: HfConfig): number | undefined {
  const expand = config.optionalCount("mamba_expand");
  if (expand !== undefined) return expand * config.count("hidden_size");
  const heads = config.optionalCount("mamba_n_heads");
  return heads === undefined ? undefined : heads * config.count("mamba_d_head");
}

/** What the Mamba 2 layers keep. Without rope the context is unlimited: llama.cpp writes 2^20. */
function stateValues(config: HfConfig): Values {
  return setDefined(
    { context_length: 2 ** 20, "rope.scaling.finetuned": config.modelClass === "BambaForCausalLM" },
    {
      "ssm.conv_kernel": config.optionalCount("mamba_d_conv"),
      "ssm.state_size": config.optionalCount("mamba_d_state"),
      "ssm.group_count": config.optionalCount("mamba_n_groups"),
      "ssm.inner_size": innerSize(config),
      "ssm.time_step_rank": config.optionalCount("mamba_n_heads"),
    },
  );
}

/**
 * Granite 4 (`GraniteHybridModel`): Mamba 2 with attention on a few layers. Those that are attention throughout
 * become `granite` or `granitemoe`.
 */
export function convertGraniteHybrid(config: HfConfig): ConvertedConfig {
  const blocks = config.blockCount();
  const attention = attentionLayers(config, blocks);
  const experts = config.optionalCount("num_experts_per_tok", "num_experts_per_token") ?? 0;
  const hybrid = attention.size < blocks;
  const heads = config.count("num_key_value_heads");
  const values = setDefined(graniteMoeValues(config), {
    ...(hybrid ? stateValues(config) : {}),
    "attention.head_count_kv": hybrid ? perBlock(blocks, (il) => (attention.has(il) ? heads : 0)) : heads,
  });
  if (experts === 0) {
    // without experts the shared feed-forward is the feed-forward
    const width = values.expert_shared_feed_forward_length;
    if (typeof width === "number") values.feed_forward_length = width;
    delete values.expert_shared_feed_forward_length;
    delete values.expert_count;
    delete values.expert_used_count;
  }
  const architecture = hybrid ? "granitehybrid" : experts > 0 ? "granitemoe" : "granite";
  return { architecture, values };
}
