import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";

export interface AttendOptions {
  readonly sinks?: Tensor | undefined;
  /** Scores are squashed by tanh (`attn_logit_softcapping`). */
  readonly softCap?: boolean;
  /** Latent attention: turns the latent result into values per head (`v_mla`). */
  readonly valueProjection?: Tensor | undefined;
}

/**
 * Scores, softmax and weighted sum over K and V (`build_attn_mha`).
 * @param q [head length, heads, tokens]
 * @param k [head length, kv heads, cells, streams]
 * @param v as k, or transposed [cells, kv heads, head length, streams]
 * @returns [heads * value length, tokens]
 */
export function attend(
  b: GraphBuilder,
  il: number,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor,
  options: AttendOptions = {},
): Tensor {
  const transposed = v.nb[1] > v.nb[2];
  const streams = k.ne[3];
  q = b.view(q, [q.ne[0], q.ne[1], q.ne[2] / streams, streams], [q.nb[1], q.nb[2], q.nb[3] / streams]);
  q = b.permute(q, 0, 2, 1, 3);
  k = b.permute(k, 0, 2, 1, 3);
  v = b.permute(v, 0, 2, 1, 3);

  let out: Tensor;
  if (b.plan.flashAttention) {
    if (transposed) v = b.transpose(v);
    if (k.type === "f32") k = b.cast(k, "f16");
    if (v.type === "f32") v = b.cast(v, "f16");
    out = b.flashAttention(q, k, v, mask, options.sinks);
    b.flashNodes.push({ node: out, backend: b.plan.layerBackends[il] as number });
    if (options.valueProjection) {
      out = b.permute(out, 0, 2, 1, 3);
      out = b.mulMat(options.valueProjection, out);
      out = b.permute(out, 0, 2, 1, 3);
      out = b.cont(out);
    }
    out = b.reshape(out, out.ne[0] * out.ne[1], out.ne[2] * out.ne[3]);
  } else {
    let scores = b.mulMat(k, q);
    if (options.softCap) {
      scores = b.scale(scores);
      scores = b.unary(scores);
      scores = b.scale(scores);
    }
    scores = b.softMax(scores, mask, options.sinks);
    if (!transposed) v = b.cont(b.transpose(v));
    out = b.mulMat(v, scores);
    if (options.valueProjection) out = b.mulMat(options.valueProjection, out);
    out = b.permute(out, 0, 2, 1, 3);
    out = b.cont(out, out.ne[0] * out.ne[1], out.ne[2] * out.ne[3]);
  }
  b.expand(out);
  return out;
}
