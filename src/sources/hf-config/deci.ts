import { FitcheckError } from "../../core/errors.js";
import { type ConvertedConfig, commonValues, hasRopeFreqs, setFlags, type Values } from "./common.js";
import type { HfConfig } from "./config.js";

function part(block: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = block[key];
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** `_ffn_mult_to_intermediate_size`: two thirds of the multiple, rounded up to 256. */
function feedForwardWidth(multiple: number, embedding: number): number {
  return Math.ceil(Math.floor((2 * multiple * embedding) / 3) / 256) * 256;
}

/**
 * Llama Nemotron found by architecture search (`DeciModel`): attention and feed-forward differ from layer to layer,
 * some have neither.
 */
export function convertDeci(config: HfConfig): ConvertedConfig {
  const blocks = config.objects("block_configs");
  if (blocks === undefined) throw new FitcheckError("BAD_FILE", 'config.json does not say "block_configs"');
  const heads = config.positive("num_attention_heads");
  const embedding = config.count("hidden_size");
  const group = (block: Readonly<Record<string, unknown>>) => part(block, "attention").n_heads_in_group;
  const multiple = (block: Readonly<Record<string, unknown>>) => part(block, "ffn").ffn_mult;
  const values: Values = {
    ...commonValues(config),
    "attention.head_count": blocks.map((block) =>
      typeof group(block) === "number" || part(block, "attention").replace_with_linear === true ? heads : 0,
    ),
    "attention.head_count_kv": blocks.map((block) => {
      const size = group(block);
      return typeof size === "number" && size > 0 ? Math.floor(heads / size) : 0;
    }),
    feed_forward_length: blocks.map((block) => {
      const value = multiple(block);
      return typeof value === "number" ? feedForwardWidth(value, embedding) : 0;
    }),
    "attention.key_length": Math.floor(embedding / heads),
    "attention.value_length": Math.floor(embedding / heads),
    "rope.dimension_count": config.headLength(),
  };
  if (blocks.length !== values.block_count) {
    throw new FitcheckError("BAD_FILE", `config.json: ${blocks.length} block_configs for ${values.block_count} layers`);
  }
  return {
    architecture: "deci",
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings"), ropeFreqs: hasRopeFreqs(config) }),
  };
}
