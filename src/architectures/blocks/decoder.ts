import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import { rotaryAttention } from "./attention.js";
import { feedForward as gatedFeedForward } from "./feed-forward.js";

/** What differs between the families of the plain decoder: each part turns [embedding, tokens] into the same. */
export interface DecoderParts {
  /** Kind of the norms that are not given: root mean square by default. */
  readonly norms?: "rms" | "layer";
  /** Token embeddings to the first block's input (scaling, norms). */
  readonly start?: (x: Tensor) => Tensor;
  /** Normed input to the result of attention, projected: Q and K rotated by default. */
  readonly attention?: (il: number, x: Tensor) => Tensor;
  /** A gated feed-forward by default. */
  readonly feedForward?: (il: number, x: Tensor) => Tensor;
  /** Norm before a part: `attn_norm` and `ffn_norm` by default. */
  readonly attentionNorm?: (il: number, x: Tensor) => Tensor;
  readonly feedForwardNorm?: (il: number, x: Tensor) => Tensor;
  /** Applied to a part's result before it is added to the residual. */
  readonly afterAttention?: (il: number, x: Tensor) => Tensor;
  readonly afterFeedForward?: (il: number, x: Tensor) => Tensor;
  /** The residual is the first operand of the last sum, or of both, so the sum is written over it. */
  readonly residualFirst?: boolean | "both";
  /** All tokens pass the last block and the final norm; only the output matrix works on those that are wanted. */
  readonly lateOutputs?: boolean;
  /** Applied to a block's result (image embeddings of inner layers). */
  readonly afterBlock?: (il: number, x: Tensor) => Tensor;
  readonly finalNorm?: (x: Tensor) => Tensor;
  /** The normed hidden values are the result: no output matrix is applied. */
  readonly headless?: boolean;
  /** Logits to the final logits (soft-capping, scaling). */
  readonly finish?: (logits: Tensor) => Tensor;
}

/**
 * The decoder most families share: norm, attention, residual, norm, feed-forward, residual; after the
 * last attention only the tokens whose logits are wanted go on.
 */
export function decoder(b: GraphBuilder, parts: DecoderParts = {}): void {
  const attention = parts.attention ?? ((il, x) => rotaryAttention(b, il, x));
  const feedForward = parts.feedForward ?? ((il, x) => gatedFeedForward(b, il, x));
  const attentionNorm = parts.attentionNorm ?? ((il, x) => blockNorm(b, il, "attn_norm", x, parts.norms));
  const feedForwardNorm = parts.feedForwardNorm ?? ((il, x) => blockNorm(b, il, "ffn_norm", x, parts.norms));

  let x = b.tokenEmbeddings();
  if (parts.start) x = parts.start(x);
  for (const il of b.blocks) {
    let residual = x;
    let t = attention(il, attentionNorm(il, x));
    if (b.isLast(il) && !parts.lateOutputs) {
      t = b.getRows(t, b.outputIds());
      residual = b.getRows(residual, b.outputIds());
    }
    if (parts.afterAttention) t = parts.afterAttention(il, t);
    residual = parts.residualFirst === "both" ? b.add(residual, t) : b.add(t, residual);
    t = feedForward(il, feedForwardNorm(il, residual));
    if (parts.afterFeedForward) t = parts.afterFeedForward(il, t);
    x = parts.residualFirst ? b.add(residual, t) : b.add(t, residual);
    if (parts.afterBlock) x = parts.afterBlock(il, x);
  }
  finish(b, x, parts);
}

/** Parts of a decoder whose attention and feed-forward read the same normed input. */
export interface ParallelParts extends Pick<DecoderParts, "norms" | "start" | "finish"> {
  /** Q and K rotated by default. */
  readonly attention?: (il: number, normed: Tensor, x: Tensor) => Tensor;
  readonly feedForward: (il: number, normed: Tensor, x: Tensor) => Tensor;
  /** Adds the three in the order of the family; operands decide what is written over. */
  readonly sum: (parts: { attention: Tensor; feedForward: Tensor; residual: Tensor }) => Tensor;
}

/** A decoder whose attention and feed-forward run side by side on one normed input. */
export function parallelDecoder(b: GraphBuilder, parts: ParallelParts): void {
  const attention = parts.attention ?? ((il, normed) => rotaryAttention(b, il, normed));
  let x = b.tokenEmbeddings();
  if (parts.start) x = parts.start(x);
  for (const il of b.blocks) {
    let residual = x;
    let normed = blockNorm(b, il, "attn_norm", x, parts.norms);
    let attended = attention(il, normed, x);
    if (b.isLast(il)) {
      attended = b.getRows(attended, b.outputIds());
      residual = b.getRows(residual, b.outputIds());
      normed = b.getRows(normed, b.outputIds());
    }
    x = parts.sum({ attention: attended, feedForward: parts.feedForward(il, normed, residual), residual });
  }
  finish(b, x, parts);
}

/** The norm of block `il` with this name, with its bias where there is one. */
export function blockNorm(b: GraphBuilder, il: number, name: string, x: Tensor, kind: "rms" | "layer" = "rms"): Tensor {
  return b.norm(x, b.layer(il, `${name}.weight`), b.layer(il, `${name}.bias`), kind);
}

/** Final norm and output matrix. What the norm makes can be asked for, so it stays (`t_embd`, `t_h_nextn`). */
export function finish(
  b: GraphBuilder,
  x: Tensor,
  parts: Pick<DecoderParts, "norms" | "lateOutputs" | "finalNorm" | "finish" | "headless"> = {},
): void {
  let normed = parts.finalNorm
    ? parts.finalNorm(x)
    : b.norm(x, b.weight("output_norm.weight"), b.weight("output_norm.bias"), parts.norms);
  normed.output = true;
  if (parts.lateOutputs) {
    normed = b.getRows(normed, b.outputIds());
    normed.output = true;
  }
  if (parts.headless) {
    b.expand(normed);
    return;
  }
  const logits = b.bias(b.linear(b.outputWeight(), normed), b.weight("output.bias"));
  b.expand(parts.finish ? parts.finish(logits) : logits);
}

/** Squashes logits by tanh: scale, tanh, scale (`f_final_logit_softcapping`). */
export function softCap(b: GraphBuilder, logits: Tensor): Tensor {
  return b.scale(b.unary(b.scale(logits)));
}
