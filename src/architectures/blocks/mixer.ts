import type { Tensor } from "../../core/graph/tensor.js";
import type { GraphBuilder } from "../../core/graph-builder.js";
import { blockNorm, finish } from "./decoder.js";

export interface MixerParts {
  /** Normed input to a block's contribution. */
  readonly mixer: (il: number, x: Tensor) => Tensor;
  /** All tokens pass the last block and the final norm. */
  readonly lateOutputs?: boolean;
}

/** A decoder with one part per block: norm, mixer, residual. */
export function mixerDecoder(b: GraphBuilder, parts: MixerParts): void {
  let x = b.tokenEmbeddings();
  for (const il of b.blocks) {
    let t = parts.mixer(il, blockNorm(b, il, "attn_norm", x));
    if (b.isLast(il) && !parts.lateOutputs) {
      t = b.getRows(t, b.outputIds());
      x = b.getRows(x, b.outputIds());
    }
    x = b.add(t, x);
  }
  finish(b, x, parts);
}
