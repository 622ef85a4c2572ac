import type { MetadataValue } from "../src/core/hyperparameters.js";
import type { TensorInfo } from "../src/core/model.js";
import type { GgufHeader } from "../src/sources/gguf/header.js";

/** Figures that neither a tensor's shape nor memory depends on. */
const WITHOUT_WEIGHT = /freq_base|epsilon/;

/** The flags of a catalog entry, and the tensor whose presence each of them stands for. */
const FLAGS: Readonly<Record<string, RegExp>> = {
  "tensors.qkv_bias": /^blk\.\d+\.attn_(q|qkv)\.bias$/,
  "tensors.attn_output_bias": /^blk\.\d+\.attn_output\.bias$/,
  "tensors.ffn_bias": /^blk\.\d+\.ffn_(down|up)\.bias$/,
  "tensors.rope_freqs": /^rope_freqs\.weight$/,
  "tensors.rope_factors": /^rope_factors_long\.weight$/,
  "tensors.exp_probs_b": /\.exp_probs_b\.bias$/,
  "tensors.qk_norm": /^blk\.\d+\.attn_q_norm\.weight$/,
  "tensors.attn_norm_2": /^blk\.\d+\.attn_norm_2\.weight$/,
  "tensors.merged_experts": /^blk\.\d+\.ffn_gate_up_exps\.weight$/,
  "tensors.ssm_norm": /^blk\.\d+\.ssm_norm\.weight$/,
};

/**
 * A GGUF header as the hyperparameters of a catalog entry: its own keys as far as memory depends on them, and flags
 * for the tensors that the keys do not tell of.
 */
export function headerValues(header: GgufHeader): Record<string, MetadataValue> {
  const values: Record<string, MetadataValue> = {};
  for (const [key, value] of Object.entries(header.metadata.values)) {
    if (!WITHOUT_WEIGHT.test(key) && isWritable(value)) values[key] = value;
  }
  const embedding = header.tensors.find((tensor) => tensor.name === "token_embd.weight");
  const vocabulary = header.vocabularySize ?? embedding?.shape[1];
  if (values["vocab_size"] === undefined && vocabulary !== undefined) values["vocab_size"] = vocabulary;
  const names = header.tensors.map((tensor) => tensor.name);
  if (!names.includes("output.weight")) values["tensors.tied_output"] = true;
  for (const [flag, name] of Object.entries(FLAGS)) {
    if (names.some((each) => name.test(each))) values[flag] = true;
  }
  if (hasLayerWithoutValues(names)) values["tensors.attn_k_eq_v"] = true;
  return values;
}

/** JSON knows no infinity, which Gemma 3n's sparsity has. */
function isWritable(value: MetadataValue): boolean {
  return (Array.isArray(value) ? value : [value]).every((entry) => typeof entry !== "number" || Number.isFinite(entry));
}

/** Layers whose keys serve as values too have `attn_k` alone. */
function hasLayerWithoutValues(names: readonly string[]): boolean {
  const all = new Set(names);
  return names.some((name) => name.endsWith(".attn_k.weight") && !all.has(name.replace("attn_k", "attn_v")));
}

/**
 * What tells an inventory from the file's own tensors, by name and shape: nothing where the entry is right.
 */
export function differences(inventory: readonly TensorInfo[], tensors: readonly TensorInfo[]): string[] {
  const text = ({ name, shape }: TensorInfo): string => `${name} [${shape.join()}]`;
  const [made, there] = [new Set(inventory.map(text)), new Set(tensors.map(text))];
  return [
    ...[...there].filter((tensor) => !made.has(tensor)).map((tensor) => `only in the file: ${tensor}`),
    ...[...made].filter((tensor) => !there.has(tensor)).map((tensor) => `not in the file: ${tensor}`),
  ];
}
