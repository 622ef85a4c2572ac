import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import { attention, normHeads, projectQkv, rotate } from "./blocks/attention.js";
import { decoder, parallelDecoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** StableLM 1 to 2; the 12B has both parts of a block side by side and norms heads (models/stablelm.cpp). */
export const stablelm: Architecture = {
  id: "stablelm",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        const { heads, keyValueHeads, keyLength } = headGeometry(hp, il);
        inventory.norm(il, "attn_norm", true);
        inventory.attention(il);
        if (hp.flag("tensors.qk_norm")) {
          inventory.layer(il, "attn_q_norm.weight", keyLength, heads);
          inventory.layer(il, "attn_k_norm.weight", keyLength, keyValueHeads);
        }
        if (!hp.flag("use_parallel_residual")) inventory.norm(il, "ffn_norm", true);
        inventory.feedForward(il);
      },
      { normBias: true },
    ),
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    const attend = (il: number, x: Tensor) =>
      attention(b, il, rotate(b, normHeads(b, il, projectQkv(b, il, x), "layer")));
    if (b.layer(0, "ffn_norm.weight")) {
      decoder(b, { norms: "layer", attention: attend });
      return;
    }
    parallelDecoder(b, {
      norms: "layer",
      attention: attend,
      feedForward: (il, normed) => feedForward(b, il, normed),
      sum: ({ attention: attended, feedForward: fed, residual }) => b.add(fed, b.add(attended, residual)),
    });
  },
};
