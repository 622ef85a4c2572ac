import { FitcheckError } from "../../core/errors.js";
import { type ConvertedConfig, commonValues, routing, setDefined, setFlags, type Values } from "./common.js";
import { EMBEDDING_KEYS, HEAD_KEYS, type HfConfig } from "./config.js";
import { perBlock } from "./patterns.js";

type Kind = "state" | "attention" | "feed-forward" | "other";

const LETTERS: Readonly<Record<string, Kind>> = {
  M: "state",
  "*": "attention",
  "-": "feed-forward",
  E: "feed-forward",
};
const NAMES: Readonly<Record<string, Kind>> = {
  mamba: "state",
  linear_attention: "state",
  attention: "attention",
  full_attention: "attention",
  mlp: "feed-forward",
  moe: "feed-forward",
};

/** What each layer is, one thing only: `hybrid_override_pattern` ("M-M*-") or a list of names. */
function layerKinds(config: HfConfig): Kind[] {
  const pattern = config.text("hybrid_override_pattern");
  if (pattern !== undefined) return [...pattern].map((letter) => LETTERS[letter] ?? "other");
  const names = config.strings("layers_block_type") ?? config.strings("layer_types");
  if (names === undefined) throw new FitcheckError("BAD_FILE", 'config.json does not say "hybrid_override_pattern"');
  return names.map((name) => NAMES[name] ?? "other");
}

/** Nemotron-H, Nemotron Nano 2 and Nemotron 3 (`NemotronHModel`). */
export function convertNemotronH(config: HfConfig): ConvertedConfig {
  const kinds = layerKinds(config);
  const sized = config.with({ num_hidden_layers: kinds.length });
  const experts = config.optionalCount("num_experts_per_tok") !== undefined;
  const prediction = experts ? Math.min(config.optionalCount("num_nextn_predict_layers") ?? 0, 1) : 0;
  const blocks = sized.blockCount() + prediction;
  const width = config.optionalCount(experts ? "moe_intermediate_size" : "intermediate_size") ?? 0;
  const heads = config.count("num_key_value_heads");
  const head = config.optionalCount("head_dim", "attention_head_dim") ?? 128;
  const is = (il: number, kind: Kind) => il >= kinds.length || kinds[il] === kind;
  const values: Values = setDefined(commonValues(sized), {
    block_count: blocks,
    context_length: 2 ** 20,
    feed_forward_length: perBlock(blocks, (il) => (is(il, "feed-forward") ? width : 0)),
    "attention.head_count_kv": perBlock(blocks, (il) => (is(il, "attention") ? heads : 0)),
    "attention.key_length": head,
    "attention.value_length": head,
    "rope.dimension_count": Math.floor(config.count(...EMBEDDING_KEYS) / config.positive(...HEAD_KEYS)),
    // positions are not rotated
    "rope.scaling.finetuned": false,
    "ssm.conv_kernel": config.optionalCount("conv_kernel") ?? 4,
    "ssm.state_size": config.optionalCount("ssm_state_size") ?? 128,
    "ssm.group_count": config.optionalCount("n_groups") ?? 8,
    "ssm.inner_size": config.count("mamba_num_heads") * config.count("mamba_head_dim"),
    "ssm.time_step_rank": config.count("mamba_num_heads"),
  });
  if (experts) Object.assign(values, expertValues(config, prediction));
  const architecture = experts ? "nemotron_h_moe" : "nemotron_h";
  return {
    architecture,
    values: setFlags(values, { tiedOutput: config.flag("tie_word_embeddings"), expertProbabilityBias: experts }),
  };
}

function expertValues(config: HfConfig, prediction: number): Values {
  return setDefined(
    {},
    {
      expert_count: config.count("n_routed_experts"),
      expert_used_count: config.count("num_experts_per_tok"),
      expert_feed_forward_length: config.count("moe_intermediate_size"),
      expert_shared_feed_forward_length: config.count("moe_shared_expert_intermediate_size"),
      expert_shared_count: config.optionalCount("n_shared_experts"),
      ...routing(config),
      moe_latent_size: config.optionalCount("moe_latent_size"),
      nextn_predict_layers: prediction > 0 ? prediction : undefined,
    },
  );
}
