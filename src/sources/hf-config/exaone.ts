import {
  type ConvertedConfig,
  commonValues,
  hasRopeFreqs,
  routing,
  setDefined,
  setFlags,
  type Values,
} from "./common.js";
import type { HfConfig } from "./config.js";
import { slidingLayers, withPredictionBlocks } from "./patterns.js";

/** EXAONE 3 and 3.5 (`ExaoneModel`). */
export function convertExaone(config: HfConfig): ConvertedConfig {
  const values = { ...commonValues(config), "rope.dimension_count": config.headLength() };
  return { architecture: "exaone", values: setFlags(values, exaoneFlags(config)) };
}

function exaoneFlags(config: HfConfig) {
  return { tiedOutput: config.flag("tie_word_embeddings"), ropeFreqs: hasRopeFreqs(config) };
}

/** EXAONE 4 and 4.5 (`Exaone4Model`): the small one has no window. */
export function convertExaone4(config: HfConfig): ConvertedConfig {
  return { architecture: "exaone4", values: exaone4Values(config) };
}

function exaone4Values(config: HfConfig): Values {
  const { blocks, prediction } = withPredictionBlocks(config, "num_nextn_predict_layers");
  const window = config.optionalCount("sliding_window");
  const values = setDefined(commonValues(config), {
    block_count: blocks,
    nextn_predict_layers: prediction > 0 ? prediction : undefined,
    "attention.sliding_window": window,
    "attention.sliding_window_pattern": window === undefined ? undefined : slidingPattern(config, blocks),
  });
  return setFlags(values, exaoneFlags(config));
}

/** `layer_types`, or a pattern such as `LLLG` or 4. */
function slidingPattern(config: HfConfig, blocks: number): boolean[] | undefined {
  const pattern = config.raw("sliding_window_pattern");
  return (
    slidingLayers(config, blocks) ??
    (typeof pattern === "string" && pattern !== ""
      ? Array.from({ length: blocks }, (_, il) => pattern[il % pattern.length] === "L")
      : typeof pattern === "number" && pattern > 0
        ? Array.from({ length: blocks }, (_, il) => (il + 1) % pattern !== 0)
        : undefined)
  );
}

/** K-EXAONE (`ExaoneMoEModel`). */
export function convertExaoneMoe(config: HfConfig): ConvertedConfig {
  const width = config.count("moe_intermediate_size");
  const shared = config.count("num_shared_experts");
  const values = setDefined(exaone4Values(config), {
    ...routing(config),
    expert_feed_forward_length: width,
    expert_shared_count: shared,
    expert_shared_feed_forward_length: width * shared,
    leading_dense_block_count: config.optionalCount("first_k_dense_replace", "first_last_k_dense_replace") ?? 0,
  });
  return { architecture: "exaone-moe", values: setFlags(values, { expertProbabilityBias: true }) };
}
