import { type ConvertedConfig, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";

/** What every RWKV says; it is not limited in its context: llama.cpp writes 2^20 tokens. */
function rwkvValues(config: HfConfig, feedForward: number): Values {
  const values = setDefined(
    {},
    {
      block_count: config.blockCount(),
      context_length: 2 ** 20,
      embedding_length: config.count("hidden_size"),
      feed_forward_length: feedForward,
      "attention.head_count": 0,
      "wkv.head_size": config.positive("head_size", "head_dim"),
      vocab_size: config.count("vocab_size"),
    },
  );
  return setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") });
}

/** RWKV 6 "Finch" (`Rwkv6Model`): the widths of its low ranks follow from the model's. */
export function convertRwkv6(config: HfConfig): ConvertedConfig {
  const width = config.count("hidden_size");
  const wide = width === 4096;
  const feedForward = config.optionalCount("intermediate_size") ?? Math.floor((width * 3.5) / 32) * 32;
  const values = setDefined(rwkvValues(config, feedForward), {
    rescale_every_n_layers: config.optionalCount("rescale_every"),
    time_mix_extra_dim: wide ? 64 : 32,
    time_decay_extra_dim: wide ? 128 : 64,
  });
  return { architecture: "rwkv6", values };
}

/** RWKV 7 "Goose" (`Rwkv7Model`), as published and as flash-linear-attention names its keys. */
export function convertRwkv7(config: HfConfig): ConvertedConfig {
  const width = config.count("hidden_size");
  const rank = (keys: readonly [string, string], exponent: number, multiplier: number) =>
    config.optionalCount(...keys) ?? Math.max(1, Math.round((width ** exponent * multiplier) / 32)) * 32;
  const values = setDefined(rwkvValues(config, config.optionalCount("intermediate_size") ?? 4 * width), {
    "attention.decay_lora_rank": rank(["lora_rank_decay", "decay_low_rank_dim"], 0.5, 1.8),
    "attention.iclr_lora_rank": rank(["lora_rank_iclr", "a_low_rank_dim"], 0.5, 1.8),
    "attention.value_residual_mix_lora_rank": rank(["lora_rank_value_residual_mix", "v_low_rank_dim"], 0.5, 1.3),
    "attention.gate_lora_rank": rank(["lora_rank_gate", "gate_low_rank_dim"], 0.8, 0.6),
  });
  return { architecture: "rwkv7", values };
}
