import { type ConvertedConfig, commonValues, setDefined } from "./common.js";
import type { HfConfig } from "./config.js";

/** Falcon (`FalconModel`): 2048 tokens, one KV head unless told otherwise. */
export function convertFalcon(config: HfConfig): ConvertedConfig {
  const keyValueHeads = config.optionalCount("num_kv_heads", "n_head_kv", "num_key_value_heads") ?? 1;
  const values = setDefined(commonValues(config), {
    context_length: 2048,
    feed_forward_length: 4 * config.count("hidden_size"),
    "attention.head_count_kv": keyValueHeads,
    "tensors.attn_norm_2": hasSecondNorm(config, keyValueHeads) ? true : undefined,
  });
  return { architecture: "falcon", values };
}

/**
 * Attention and feed-forward of the 40B and the 180B have a norm each (`new_decoder_architecture`), unless
 * `num_ln_in_parallel_attn` says one, as in Falcon 2. Before they had the flag they were told by their KV heads.
 */
function hasSecondNorm(config: HfConfig, keyValueHeads: number): boolean {
  const separate = config.flag("new_decoder_architecture", keyValueHeads > 1);
  return separate && (config.optionalCount("num_ln_in_parallel_attn") ?? 2) === 2;
}
