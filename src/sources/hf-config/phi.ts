import { type ConvertedConfig, commonValues, setFlags, type Values } from "./common.js";
import { EMBEDDING_KEYS, HEAD_KEYS, type HfConfig } from "./config.js";

/** Phi 3, 3.5, 4 (`Phi3MiniModel`): long-rope models carry two tables of factors. */
export function convertPhi3(config: HfConfig): ConvertedConfig {
  return { architecture: "phi3", values: phi3Values(config) };
}

export function phi3Values(config: HfConfig): Values {
  const values = commonValues(config);
  // Phi3MiniModel writes its own keys: the scaling type is left to the factor tensors
  delete values["rope.scaling.type"];
  delete values["rope.scaling.factor"];
  const rope = config.rope();
  const rotary =
    config.real("partial_rotary_factor") ??
    (typeof rope.partial_rotary_factor === "number" ? rope.partial_rotary_factor : 1);
  values["rope.dimension_count"] = Math.floor(
    Math.floor(rotary * config.count(...EMBEDDING_KEYS)) / config.positive(...HEAD_KEYS),
  );
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
