import { headLength } from "../../core/head-length.js";
import type { Hyperparameters } from "../../core/hyperparameters.js";
import type { TensorInfo } from "../../core/model.js";

export interface EndOptions {
  /** The final norm has no weight. */
  readonly bareNorm?: boolean;
  /** `output_norm` unless the family calls it otherwise. */
  readonly finalNorm?: string;
  readonly normBias?: boolean;
  readonly outputBias?: boolean;
  /** No model of the family has an output matrix of its own. */
  readonly tied?: boolean;
}

/** The tensors at both ends, rope tables, and what `block` adds for each block. */
export function inventoryOf(
  hp: Hyperparameters,
  block: (inventory: Inventory, il: number) => void,
  ends: EndOptions = {},
): TensorInfo[] {
  const inventory = new Inventory(hp);
  inventory.ends(ends);
  inventory.ropeTables();
  for (let il = 0; il < inventory.blockCount; il++) block(inventory, il);
  return inventory.tensors;
}

/** Collects the tensors of a model, `shape` in ggml order: row length first. */
export class Inventory {
  readonly tensors: TensorInfo[] = [];
  readonly hp: Hyperparameters;

  constructor(hp: Hyperparameters) {
    this.hp = hp;
  }

  get embedding(): number {
    return this.hp.number("embedding_length");
  }

  get blockCount(): number {
    return this.hp.number("block_count");
  }

  add(name: string, ...shape: number[]): void {
    this.tensors.push({ name, shape });
  }

  /** A tensor of block `il`. */
  layer(il: number, name: string, ...shape: number[]): void {
    this.tensors.push({ name: `blk.${il}.${name}`, shape });
  }

  /** A norm of block `il` over the embedding. */
  norm(il: number, name: string, bias = false): void {
    this.layer(il, `${name}.weight`, this.embedding);
    if (bias) this.layer(il, `${name}.bias`, this.embedding);
  }

  /** Norm, attention, norm, feed-forward. */
  plainBlock(il: number, options: { headNorms?: boolean } = {}): void {
    this.norm(il, "attn_norm");
    this.attention(il, options);
    this.norm(il, "ffn_norm");
    this.feedForward(il);
  }

  /** The same with Q, K and V in one matrix, gate and up in one. */
  fusedBlock(il: number): void {
    this.norm(il, "attn_norm");
    this.fusedAttention(il);
    this.norm(il, "ffn_norm");
    this.fusedFeedForward(il);
  }

  /** Token embedding, final norm and, unless tied, the output matrix. */
  ends(options: EndOptions = {}): void {
    const { hp, embedding } = this;
    const vocabulary = hp.number("vocab_size");
    this.add("token_embd.weight", embedding, vocabulary);
    if (!options.bareNorm) this.add(`${options.finalNorm ?? "output_norm"}.weight`, embedding);
    if (options.normBias) this.add("output_norm.bias", embedding);
    if (!options.tied && !hp.flag("tensors.tied_output")) this.add("output.weight", embedding, vocabulary);
    if (options.outputBias) this.add("output.bias", vocabulary);
  }

  /** Rope tables that are weights in the file: Llama 3's frequency factors, longrope's two sets. */
  ropeTables(): void {
    const { hp } = this;
    const half = ropeDimension(hp) / 2;
    if (hp.flag("tensors.rope_freqs")) this.add("rope_freqs.weight", half);
    if (hp.flag("tensors.rope_factors")) {
      this.add("rope_factors_long.weight", half);
      this.add("rope_factors_short.weight", half);
    }
  }

  /** Separate Q, K, V and output projections of block `il`. */
  attention(il: number, options: { headNorms?: boolean; biases?: boolean } = {}): void {
    const { hp, embedding } = this;
    const { heads, keyValueHeads, keyLength, valueLength } = headGeometry(hp, il);
    this.layer(il, "attn_q.weight", embedding, heads * keyLength);
    this.layer(il, "attn_k.weight", embedding, keyValueHeads * keyLength);
    this.layer(il, "attn_v.weight", embedding, keyValueHeads * valueLength);
    this.layer(il, "attn_output.weight", heads * valueLength, embedding);
    if (options.biases || hp.flag("tensors.qkv_bias")) {
      this.layer(il, "attn_q.bias", heads * keyLength);
      this.layer(il, "attn_k.bias", keyValueHeads * keyLength);
      this.layer(il, "attn_v.bias", keyValueHeads * valueLength);
    }
    if (options.biases || hp.flag("tensors.attn_output_bias")) this.layer(il, "attn_output.bias", embedding);
    if (options.headNorms) this.headNorms(il);
  }

  /** Norms of every head of Q and K, one for all heads. */
  headNorms(il: number): void {
    const { keyLength } = headGeometry(this.hp, il);
    this.layer(il, "attn_q_norm.weight", keyLength);
    this.layer(il, "attn_k_norm.weight", keyLength);
  }

  /** Norms of Q and K over all their heads at once. */
  wholeNorms(il: number): void {
    const { heads, keyValueHeads, keyLength } = headGeometry(this.hp, il);
    this.layer(il, "attn_q_norm.weight", heads * keyLength);
    this.layer(il, "attn_k_norm.weight", keyValueHeads * keyLength);
  }

  /** Q, K and V of block `il` in one matrix, and the output projection. */
  fusedAttention(il: number, options: { biases?: boolean } = {}): void {
    const { hp, embedding } = this;
    const { heads, keyValueHeads, keyLength } = headGeometry(hp, il);
    const width = (heads + 2 * keyValueHeads) * keyLength;
    this.layer(il, "attn_qkv.weight", embedding, width);
    this.layer(il, "attn_output.weight", heads * keyLength, embedding);
    if (options.biases || hp.flag("tensors.qkv_bias")) this.layer(il, "attn_qkv.bias", width);
    if (options.biases || hp.flag("tensors.attn_output_bias")) this.layer(il, "attn_output.bias", embedding);
  }

  /** Gate and up in one matrix, named up, and down. */
  fusedFeedForward(il: number): void {
    const width = this.hp.numberAt("feed_forward_length", il);
    this.layer(il, "ffn_up.weight", this.embedding, 2 * width);
    this.layer(il, "ffn_down.weight", width, this.embedding);
  }

  /** Up and down of a feed-forward without gate. */
  plainFeedForward(il: number, options: { biases?: boolean } = {}): void {
    const { hp, embedding } = this;
    const width = hp.numberAt("feed_forward_length", il);
    this.layer(il, "ffn_up.weight", embedding, width);
    this.layer(il, "ffn_down.weight", width, embedding);
    if (options.biases || hp.flag("tensors.ffn_bias")) {
      this.layer(il, "ffn_up.bias", width);
      this.layer(il, "ffn_down.bias", embedding);
    }
  }

  /** Gate, up and down of a dense feed-forward. */
  feedForward(il: number, width = this.hp.numberAt("feed_forward_length", il), gated = true): void {
    const { hp, embedding } = this;
    if (gated) this.layer(il, "ffn_gate.weight", embedding, width);
    this.layer(il, "ffn_up.weight", embedding, width);
    this.layer(il, "ffn_down.weight", width, embedding);
    if (hp.flag("tensors.ffn_bias")) {
      if (gated) this.layer(il, "ffn_gate.bias", width);
      this.layer(il, "ffn_up.bias", width);
      this.layer(il, "ffn_down.bias", embedding);
    }
  }

  /** Router and experts; `width` is one expert's feed-forward length. */
  experts(il: number, width: number, options: { gated?: boolean; merged?: boolean; corrected?: boolean } = {}): void {
    const { hp, embedding } = this;
    const count = hp.number("expert_count");
    this.layer(il, "ffn_gate_inp.weight", embedding, count);
    if (options.merged) {
      this.layer(il, "ffn_gate_up_exps.weight", embedding, 2 * width, count);
    } else {
      if (options.gated !== false) this.layer(il, "ffn_gate_exps.weight", embedding, width, count);
      this.layer(il, "ffn_up_exps.weight", embedding, width, count);
    }
    this.layer(il, "ffn_down_exps.weight", width, embedding, count);
    if (options.corrected || hp.flag("tensors.exp_probs_b")) this.layer(il, "exp_probs_b.bias", count);
  }

  /** Experts in every block where the model has any, each as long as a dense feed-forward; else that. */
  expertsOrDense(il: number): void {
    const { hp } = this;
    if (hp.number("expert_count", 0) > 0) this.experts(il, hp.numberAt("feed_forward_length", il));
    else this.feedForward(il);
  }

  /** Embeddings every block has of its own, all in one row, and what projects the common ones to them. */
  perLayerEmbeddings(width: number): void {
    const all = width * this.blockCount;
    this.add("per_layer_token_embd.weight", all, this.hp.number("vocab_size"));
    this.add("per_layer_model_proj.weight", this.embedding, all);
    this.add("per_layer_proj_norm.weight", width);
  }

  /** How block `il` takes in its own embeddings. */
  perLayerInput(il: number, width: number): void {
    this.layer(il, "inp_gate.weight", this.embedding, width);
    this.layer(il, "proj.weight", width, this.embedding);
    this.norm(il, "post_norm");
  }

  /** What a next-token-prediction block at the end of the file adds to an ordinary one. */
  nextTokenHead(il: number): void {
    const { hp, embedding } = this;
    this.layer(il, "nextn.eh_proj.weight", 2 * embedding, embedding);
    this.norm(il, "nextn.enorm");
    this.norm(il, "nextn.hnorm");
    if (hp.flag("tensors.nextn_vocabulary")) {
      this.layer(il, "nextn.embed_tokens.weight", embedding, hp.number("vocab_size"));
      this.layer(il, "nextn.shared_head_head.weight", embedding, hp.number("vocab_size"));
    }
    this.norm(il, "nextn.shared_head_norm");
  }

  /** The expert every token passes. */
  sharedExpert(il: number, width: number, gated = true): void {
    const { embedding } = this;
    if (gated) this.layer(il, "ffn_gate_shexp.weight", embedding, width);
    this.layer(il, "ffn_up_shexp.weight", embedding, width);
    this.layer(il, "ffn_down_shexp.weight", width, embedding);
  }
}

export interface HeadGeometry {
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Elements of one head's K and V. */
  readonly keyLength: number;
  readonly valueLength: number;
}

export function headGeometry(hp: Hyperparameters, il: number, sliding = false): HeadGeometry {
  const heads = hp.numberAt("attention.head_count", il);
  return {
    heads,
    keyValueHeads: hp.numberAt("attention.head_count_kv", il, heads),
    keyLength: headLength(hp, "key", sliding),
    valueLength: headLength(hp, "value", sliding),
  };
}

/** Elements of a head that are rotated (`n_rot`). */
export function ropeDimension(hp: Hyperparameters): number {
  return hp.number("rope.dimension_count", headLength(hp, "key"));
}
