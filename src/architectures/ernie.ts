import type { Architecture } from "../core/architecture.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** ERNIE 4.5 dense (models/ernie4-5.cpp). */
export const ernie45: Architecture = {
  id: "ernie4_5",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.plainBlock(il)),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b),
};

/** ERNIE 4.5 mixtures: dense blocks first, then experts, some with a shared one (models/ernie4-5-moe.cpp). */
export const ernie45Moe: Architecture = {
  id: "ernie4_5-moe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const shared = hp.number("expert_shared_feed_forward_length", 0);
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      if (il < hp.number("leading_dense_block_count", 0)) {
        inventory.feedForward(il);
      } else {
        inventory.experts(il, hp.number("expert_feed_forward_length"));
        if (shared > 0) inventory.sharedExpert(il, shared);
      }
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: true }),
    }),
};
