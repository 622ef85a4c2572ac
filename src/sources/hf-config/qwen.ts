import { type ConvertedConfig, commonValues, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";

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
function withExperts(config: HfConfig) {
  return setDefined(commonValues(config), {
    expert_feed_forward_length: config.optionalCount("moe_intermediate_size"),
    expert_shared_feed_forward_length: config.optionalCount("shared_expert_intermediate_size"),
  });
}

/** Qwen 3 mixtures of experts (`Qwen3MoeModel`). */
export function convertQwen3Moe(config: HfConfig): ConvertedConfig {
  const values = setFlags(withExperts(config), { tiedOutput: config.flag("tie_word_embeddings") });
  return { architecture: "qwen3moe", values };
}
