import { FitcheckError } from "../../core/errors.js";
import { type ConvertedConfig, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";
import { gemma3Values } from "./gemma.js";
import { perBlock, slidingLayers } from "./patterns.js";

/**
 * Gemma 3n (`Gemma3NModel`): the last layers share their cache, every layer has its own embeddings.
 * `Gemma3nTextConfig` presumes 262,400 rows of vocabulary.
 */
export function convertGemma3n(config: HfConfig): ConvertedConfig {
  const blocks = config.blockCount();
  const widths = config.raw("intermediate_size");
  const perLayer = Array.isArray(widths) ? config.counts("intermediate_size") : undefined;
  const uniform = perLayer === undefined ? config.count("intermediate_size") : 0;
  const sliding = slidingLayers(config, blocks) ?? perBlock(blocks, (il) => (il + 1) % 5 !== 0);
  const values = setDefined(gemma3Values(config.with({ intermediate_size: undefined })), {
    feed_forward_length: perBlock(blocks, (il) => perLayer?.[il] ?? uniform),
    embedding_length_per_layer_input: config.optionalCount("hidden_size_per_layer_input") ?? 256,
    final_logit_softcapping: config.real("final_logit_softcapping") ?? 30,
    "altup.num_inputs": config.optionalCount("altup_num_inputs") ?? 4,
    "attention.shared_kv_layers": config.optionalCount("num_kv_shared_layers") ?? 15,
    "attention.sliding_window_pattern": sliding,
    vocab_size: config.optionalCount("vocab_size") ?? 262400,
  });
  return { architecture: "gemma3n", values };
}

/**
 * Gemma 4 (`Gemma4Model`): full layers have heads of another length and number than sliding ones, some models
 * share caches between their last layers and widen the feed-forward there.
 */
export function convertGemma4(config: HfConfig): ConvertedConfig {
  const blocks = config.blockCount();
  const sliding = slidingLayers(config, blocks);
  if (sliding === undefined) throw new FitcheckError("BAD_FILE", 'config.json does not say "layer_types"');
  const full = config.count("global_head_dim");
  const slid = config.count("head_dim");
  const shared = config.optionalCount("num_kv_shared_layers") ?? 0;
  const width = config.count("intermediate_size");
  const wide = config.flag("use_double_wide_mlp");
  const headsFull = config.optionalCount("num_global_key_value_heads");
  const headsSliding = config.optionalCount("num_key_value_heads");
  const values = setDefined(gemma3Values(config), {
    feed_forward_length: wide ? perBlock(blocks, (il) => (il < blocks - shared ? width : 2 * width)) : width,
    "attention.head_count_kv":
      headsFull === undefined || headsSliding === undefined
        ? undefined
        : perBlock(blocks, (il) => (sliding[il] === true ? headsSliding : headsFull)),
    "attention.key_length": full,
    "attention.value_length": full,
    "attention.key_length_swa": slid,
    "attention.value_length_swa": slid,
    "attention.shared_kv_layers": shared,
    "attention.sliding_window_pattern": sliding,
    embedding_length_per_layer_input: config.optionalCount("hidden_size_per_layer_input") ?? 0,
    expert_feed_forward_length: config.optionalCount("expert_intermediate_size", "moe_intermediate_size"),
    "rope.dimension_count": full,
    "rope.dimension_count_swa": slid,
    // the values of full layers are their keys: no attn_v.weight there
    "tensors.attn_k_eq_v": config.flag("attention_k_eq_v") ? true : undefined,
  });
  return { architecture: "gemma4", values: setFlags(values, { ropeFreqs: true }) };
}
