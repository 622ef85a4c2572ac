import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import { EMBEDDING_KEYS, HEAD_KEYS, type HfConfig } from "./config.js";

function rotated(config: HfConfig, presumed: number): number {
  const rope = config.rope();
  const partial =
    config.real("partial_rotary_factor") ??
    (typeof rope.partial_rotary_factor === "number" ? rope.partial_rotary_factor : presumed);
  return Math.floor(Math.floor(partial * config.count(...EMBEDDING_KEYS)) / config.positive(...HEAD_KEYS));
}

/** Phi 1.5 and 2 (`Phi2Model`): biases everywhere, half a head rotated (`PhiConfig`). */
export function convertPhi2(config: HfConfig): ConvertedConfig {
  const heads = config.count(...HEAD_KEYS);
  const values = setDefined(commonValues(config), {
    feed_forward_length: 4 * config.count(...EMBEDDING_KEYS),
    "attention.head_count_kv": heads,
    "rope.dimension_count": rotated(config, 0.5),
  });
  return { architecture: "phi2", values };
}

/** Phi 3, 3.5, 4 (`Phi3MiniModel`): long-rope models carry two tables of factors. */
export function convertPhi3(config: HfConfig): ConvertedConfig {
  return { architecture: "phi3", values: phi3Values(config) };
}

/** Phi 3.5 MoE (`PhiMoeModel`). */
export function convertPhiMoe(config: HfConfig): ConvertedConfig {
  const values = setDefined(phi3Values(config), {
    expert_count: config.count("num_local_experts"),
    expert_used_count: config.count("num_experts_per_tok"),
  });
  return { architecture: "phimoe", values };
}

function phi3Values(config: HfConfig): Values {
  const values = commonValues(config);
  // Phi3MiniModel writes its own keys: the scaling type is left to the factor tensors
  delete values["rope.scaling.type"];
  delete values["rope.scaling.factor"];
  const rope = config.rope();
  values["rope.dimension_count"] = rotated(config, 1);
  // zero tells Phi 4 from the others
  values["attention.sliding_window"] = config.optionalCount("sliding_window") ?? 0;
  const original = config.optionalCount("original_max_position_embeddings") ?? rope.original_max_position_embeddings;
  if (typeof original === "number") values["rope.scaling.original_context_length"] = original;
  const longFactors = rope.long_factor;
  return setFlags(values, {
    tiedOutput: config.flag("tie_word_embeddings"),
    ropeFactors: Array.isArray(longFactors) && longFactors.length > 0,
  });
}
