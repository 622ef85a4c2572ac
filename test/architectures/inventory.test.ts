import { describe, expect, it } from "vitest";
import { architectureById } from "../../src/architectures/registry.js";
import { Hyperparameters, type MetadataValue } from "../../src/core/hyperparameters.js";
import type { TensorInfo } from "../../src/core/model.js";
import { measuredModels, readHeader } from "../accuracy/load.js";

/** Which optional tensors a model has (see hyperparameters.ts), read off a tensor list. */
function optionalTensors(tensors: readonly TensorInfo[]): Record<string, MetadataValue> {
  const names = new Set(tensors.map((tensor) => tensor.name));
  const inBlocks = new Set(tensors.map((tensor) => tensor.name.replace(/^blk\.\d+\./, "")));
  const some = (...wanted: string[]) => wanted.some((name) => inBlocks.has(name));
  return {
    "tensors.tied_output": !names.has("output.weight"),
    "tensors.qkv_bias": some("attn_q.bias", "attn_qkv.bias"),
    "tensors.attn_output_bias": some("attn_output.bias"),
    "tensors.ffn_bias": some("ffn_up.bias"),
    "tensors.rope_freqs": names.has("rope_freqs.weight"),
    "tensors.rope_factors": names.has("rope_factors_long.weight"),
    "tensors.exp_probs_b": some("exp_probs_b.bias"),
    "tensors.nextn_vocabulary": some("nextn.embed_tokens.weight"),
    "tensors.attn_norm_2": some("attn_norm_2.weight"),
    "tensors.attn_k_eq_v": names.has("blk.0.attn_v.weight") && lacksValues(tensors),
    "tensors.ssm_norm": some("ssm_norm.weight"),
    "tensors.qk_norm": some("attn_q_norm.weight"),
  };
}

/** Some blocks have K but no V. */
function lacksValues(tensors: readonly TensorInfo[]): boolean {
  const names = new Set(tensors.map((tensor) => tensor.name));
  return tensors.some(({ name }) => name.endsWith("attn_k.weight") && !names.has(name.replace("attn_k", "attn_v")));
}

/**
 * The headers list what llama.cpp's loader would take where it has a choice, which is not always what its
 * converter writes: gate and up of the experts in one matrix, Q, K and V apart, heads for ranking and pooling.
 */
const JOINED = [
  { whole: "ffn_gate_up_exps.weight", parts: ["ffn_gate_exps.weight", "ffn_up_exps.weight"] },
  { whole: "attn_qkv.weight", parts: ["attn_q.weight", "attn_k.weight", "attn_v.weight"] },
];
const LOADER_ONLY = [/^cls\.output\.weight$/, /^dense_2\.weight$/];

function listed(tensors: readonly TensorInfo[], other: readonly TensorInfo[]): string[] {
  const elsewhere = new Set(other.map(({ name }) => name));
  const widths = new Map<string, readonly number[]>();
  for (const { name, shape } of tensors) {
    if (!elsewhere.has(name) && LOADER_ONLY.some((pattern) => pattern.test(name))) continue;
    const joined = JOINED.find(({ parts }) => parts.some((part) => name.endsWith(`.${part}`)));
    const whole = joined ? name.replace(/\.[^.]+\.weight$/, `.${joined.whole}`) : name;
    const key = joined && elsewhere.has(whole) ? whole : name;
    expect(key === name && widths.has(key), `${name} is listed twice`).toBe(false);
    const before = widths.get(key);
    widths.set(key, before ? [before[0] ?? 0, (before[1] ?? 0) + (shape[1] ?? 0), ...before.slice(2)] : shape);
  }
  return [...widths].map(([name, shape]) => `${name} [${withoutOnes(shape).join(", ")}]`).sort();
}

/** A GGUF drops trailing dimensions of one, and so do we. */
function withoutOnes(shape: readonly number[]): readonly number[] {
  let length = shape.length;
  while (length > 1 && shape[length - 1] === 1) length--;
  return shape.slice(0, length);
}

describe("the tensors that follow from the hyperparameters are those of the measured model", () => {
  it.each(measuredModels())("%s", (model) => {
    const header = readHeader(model);
    const architecture = architectureById(header.architecture);
    if (!architecture) throw new Error(`${header.architecture} is not known`);
    const values = { ...header.metadata.values, ...optionalTensors(header.tensors) };
    const tensors = architecture.tensors(new Hyperparameters(header.architecture, values));
    expect(listed(tensors, header.tensors)).toEqual(listed(header.tensors, tensors));
  });
});
