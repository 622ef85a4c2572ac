import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";

/** What differs between the families of the plain decoder: each part turns [embedding, tokens] into the same. */
export interface DecoderParts {
  /** Token embeddings to the first block's input (scaling, norms). */
  readonly start?: (x: Tensor) => Tensor;
  /** Normed input to the result of attention, projected. */
  readonly attention: (il: number, x: Tensor) => Tensor;
  readonly feedForward: (il: number, x: Tensor) => Tensor;
  /** Norm before a part: `attn_norm` and `ffn_norm` by default. */
  readonly attentionNorm?: (il: number, x: Tensor) => Tensor;
  readonly feedForwardNorm?: (il: number, x: Tensor) => Tensor;
  /** Applied to a part's result before it is added to the residual. */
  readonly afterAttention?: (il: number, x: Tensor) => Tensor;
  readonly afterFeedForward?: (il: number, x: Tensor) => Tensor;
  /** The residual is the first operand of the last sum, so the sum is written over it. */
  readonly residualFirst?: boolean;
  readonly finalNorm?: (x: Tensor) => Tensor;
  /** Logits to the final logits (soft-capping, scaling). */
  readonly finish?: (logits: Tensor) => Tensor;
}

/**
 * The decoder most families share: norm, attention, residual, norm, feed-forward, residual; after the
 * last attention only the tokens whose logits are wanted go on.
 */
export function decoder(b: GraphBuilder, parts: DecoderParts): void {
  const plainNorm = (name: string) => (il: number, x: Tensor) =>
    b.norm(x, b.layer(il, `${name}.weight`), b.layer(il, `${name}.bias`));
  const attentionNorm = parts.attentionNorm ?? plainNorm("attn_norm");
  const feedForwardNorm = parts.feedForwardNorm ?? plainNorm("ffn_norm");

  let x = b.tokenEmbeddings();
  if (parts.start) x = parts.start(x);
  for (const il of b.blocks) {
    let residual = x;
    let t = parts.attention(il, attentionNorm(il, x));
    if (b.isLast(il)) {
      t = b.getRows(t, b.outputIds());
      residual = b.getRows(residual, b.outputIds());
    }
    if (parts.afterAttention) t = parts.afterAttention(il, t);
    residual = b.add(t, residual);
    t = parts.feedForward(il, feedForwardNorm(il, residual));
    if (parts.afterFeedForward) t = parts.afterFeedForward(il, t);
    x = parts.residualFirst ? b.add(residual, t) : b.add(t, residual);
  }
  finish(b, x, parts);
}

/** Final norm and output matrix. */
export function finish(b: GraphBuilder, x: Tensor, parts: Pick<DecoderParts, "finalNorm" | "finish"> = {}): void {
  const normed = parts.finalNorm
    ? parts.finalNorm(x)
    : b.norm(x, b.weight("output_norm.weight"), b.weight("output_norm.bias"));
  const logits = b.bias(b.linear(b.outputWeight(), normed), b.weight("output.bias"));
  b.expand(parts.finish ? parts.finish(logits) : logits);
}

/** Squashes logits by tanh: scale, tanh, scale (`f_final_logit_softcapping`). */
export function softCap(b: GraphBuilder, logits: Tensor): Tensor {
  return b.scale(b.unary(b.scale(logits)));
}
