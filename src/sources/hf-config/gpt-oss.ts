import { type ConvertedConfig, commonValues, setDefined, setFlags } from "./common.js";
import type { HfConfig } from "./config.js";

/** gpt-oss (`GptOssModel`): every projection has a bias, each layer its attention sinks. */
export function convertGptOss(config: HfConfig): ConvertedConfig {
  const values = setDefined(commonValues(config), {
    "attention.sliding_window": config.count("sliding_window"),
    expert_feed_forward_length: config.count("intermediate_size"),
    expert_count: config.optionalCount("num_local_experts", "num_experts") ?? 32,
    expert_used_count: config.optionalCount("num_experts_per_tok") ?? 4,
  });
  return { architecture: "gpt-oss", values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") }) };
}
