import { FitcheckError } from "./errors.js";

/** A GGUF metadata value as far as memory depends on it; long vocabulary arrays are never built. */
export type MetadataValue = number | boolean | string | readonly number[] | readonly boolean[];

/**
 * The numbers that define a model, under their GGUF names without the architecture prefix:
 * `block_count` stands for `llama.block_count`. Some keys hold one value for all layers or one per layer.
 */
export class Hyperparameters {
  readonly architecture: string;
  readonly values: Readonly<Record<string, MetadataValue>>;

  constructor(architecture: string, values: Readonly<Record<string, MetadataValue>>) {
    this.architecture = architecture;
    this.values = values;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  /**
   * A number that holds for the whole model; of a per-layer array its first entry, as llama.cpp's `n_head()` reads it.
   * @throws FitcheckError BAD_FILE when the key is missing and no fallback is given
   */
  number(key: string, fallback?: number): number {
    return this.numberAt(key, 0, fallback);
  }

  /**
   * A number of one layer (`get_key_or_arr`): the entry of a per-layer array, or the one value all layers share.
   * @throws FitcheckError BAD_FILE when the key is missing and no fallback is given, or the array is too short
   */
  numberAt(key: string, layer: number, fallback?: number): number {
    const value = this.values[key];
    if (typeof value === "number") return value;
    if (typeof value === "boolean") return value ? 1 : 0;
    if (Array.isArray(value)) {
      const entry: unknown = value[layer];
      if (typeof entry === "number") return entry;
      if (typeof entry === "boolean") return entry ? 1 : 0;
    }
    if (value === undefined && fallback !== undefined) return fallback;
    throw new FitcheckError(
      "BAD_FILE",
      value === undefined
        ? `the model does not say "${this.architecture}.${key}"`
        : `"${this.architecture}.${key}" has no usable value${layer > 0 ? ` for layer ${layer}` : ""}`,
    );
  }

  flag(key: string, fallback = false): boolean {
    const value = this.values[key];
    return typeof value === "boolean" ? value : typeof value === "number" ? value !== 0 : fallback;
  }

  text(key: string): string | undefined {
    const value = this.values[key];
    return typeof value === "string" ? value : undefined;
  }

  isArray(key: string): boolean {
    return Array.isArray(this.values[key]);
  }
}

/*
 * Beyond GGUF's own keys, a model that is not read from a GGUF says which optional tensors it has.
 * These keys exist only in the catalog and in converted configs; a GGUF's tensor list speaks for itself:
 *   vocab_size                 rows of token_embd.weight, as in the checkpoint
 *   tensors.tied_output        true: no output.weight, the output reuses token_embd.weight
 *   tensors.qkv_bias           attn_q/k/v.bias (or attn_qkv.bias)
 *   tensors.attn_output_bias   attn_output.bias
 *   tensors.ffn_bias           ffn_gate/up/down.bias
 *   tensors.rope_freqs         rope_freqs.weight (llama3 rope scaling)
 *   tensors.rope_factors       rope_factors_long/short.weight (longrope)
 *   tensors.exp_probs_b        blk.N.exp_probs_b.bias
 *   tensors.merged_experts     ffn_gate_up_exps.weight instead of ffn_gate_exps and ffn_up_exps
 *   tensors.expert_layer_period, tensors.expert_layer_offset   which blocks have experts (Jamba)
 *   tensors.ssm_norm           ssm_norm.weight of Falcon-H1
 *   tensors.nextn_vocabulary   nextn.embed_tokens and nextn.shared_head_head of next-token-prediction blocks
 *   tensors.attn_norm_2        attn_norm_2 of Falcon, where attention has a norm of its own
 *   tensors.attn_k_eq_v        no attn_v.weight in blocks without a window: V is K (Gemma 4)
 *   tensors.qk_norm            attn_q_norm/attn_k_norm where an architecture has them optionally
 */
