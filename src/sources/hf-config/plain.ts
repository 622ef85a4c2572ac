import { type ConvertedConfig, commonValues, setDefined, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";
import { llamaValues } from "./llama.js";

/** Orion and XVERSE look for their context under `max_sequence_length` first. */
function sequenceValues(config: HfConfig): Values {
  const values = setDefined(commonValues(config), {
    context_length: config.count("max_sequence_length", "max_position_embeddings", "model_max_length"),
  });
  return setFlags(values, { tiedOutput: config.flag("tie_word_embeddings") });
}

/** Orion (`OrionModel`). */
export function convertOrion(config: HfConfig): ConvertedConfig {
  return { architecture: "orion", values: sequenceValues(config) };
}

/** XVERSE (`XverseModel`). */
export function convertXverse(config: HfConfig): ConvertedConfig {
  return { architecture: "xverse", values: { ...sequenceValues(config), "rope.dimension_count": config.headLength() } };
}

/** Apertus (`ApertusModel`): a llama without a gate; the numbers of its activation are metadata. */
export function convertApertus(config: HfConfig): ConvertedConfig {
  return { architecture: "apertus", values: llamaValues(config) };
}
