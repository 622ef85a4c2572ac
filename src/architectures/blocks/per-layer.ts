import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";

/** One matrix of a stack of them. */
export function sliceOf(b: GraphBuilder, x: Tensor, index: number): Tensor {
  return b.view(x, [x.ne[0], x.ne[1]], [x.ne[0] * 4], index * x.ne[0] * x.ne[1] * 4);
}

/** The block whose cache a later one reads: the last but one of those that have one when sliding, else the last. */
export function sharedCacheOwner(blocksWithCache: number, sliding: boolean): number {
  return blocksWithCache - (sliding ? 2 : 1);
}

/**
 * Every block's own embeddings of the tokens, `[width, tokens, blocks]` (`build_inp_per_layer`,
 * `project_per_layer_inputs`).
 * @param x the scaled token embeddings
 */
export function perLayerInputs(b: GraphBuilder, x: Tensor): Tensor {
  const width = b.hp.number("embedding_length_per_layer_input");
  const ids = b.namedInput("tokens of each block", "i32", b.tokens);
  const rows = b.getRows(b.need("per_layer_token_embd.weight"), ids);
  const own = b.scale(b.reshape(rows, width, b.layerCount, b.tokens));
  b.expand(own);
  const projected = b.scale(b.mulMat(b.need("per_layer_model_proj.weight"), x));
  const normed = b.norm(b.reshape(projected, width, b.layerCount, b.tokens), b.need("per_layer_proj_norm.weight"));
  return b.cont(b.permute(b.scale(b.add(normed, own)), 0, 2, 1, 3));
}
