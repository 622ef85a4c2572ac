import type { Architecture } from "../core/architecture.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import { rotaryAttention } from "./blocks/attention.js";
import { blockNorm, finish } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayer, runningBlocks } from "./blocks/layers.js";
import { mamba2, mamba2Tensors } from "./blocks/mamba.js";
import { recurrentLayer } from "./blocks/recurrent.js";

function graph(b: GraphBuilder): void {
  let x = b.tokenEmbeddings();
  for (const il of b.blocks) {
    const attended = rotaryAttention(b, il, blockNorm(b, il, "attn_norm", x));
    const mixed = mamba2(b, il, blockNorm(b, il, "attn_norm", x));
    let residual = b.add(b.add(attended, mixed), x);
    if (b.isLast(il)) residual = b.getRows(residual, b.outputIds());
    x = b.add(feedForward(b, il, b.norm(residual, b.needLayer(il, "ffn_norm"))), residual);
  }
  finish(b, x);
}

/** Falcon-H1: attention and Mamba 2 side by side in every block (models/falcon-h1.cpp). */
export const falconH1: Architecture = {
  id: "falcon-h1",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      mamba2Tensors(inventory, il, { norm: hp.flag("tensors.ssm_norm") });
      inventory.attention(il);
      inventory.norm(il, "attn_norm");
      // the one norm that is stored without the suffix
      inventory.layer(il, "ffn_norm", inventory.embedding);
      inventory.feedForward(il);
    }),
  layers: (hp) =>
    Array.from({ length: runningBlocks(hp) }, (_, il) => ({
      caches: [...attentionLayer(hp, il).caches, ...recurrentLayer(hp).caches],
    })),
  graph,
};
