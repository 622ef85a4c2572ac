import type { Architecture } from "../core/architecture.js";
import { rotaryAttention } from "./blocks/attention.js";
import { blockNorm, parallelDecoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Falcon 7B, 40B, 180B: both parts side by side, in the larger ones each with a norm of its own (models/falcon.cpp). */
export const falcon: Architecture = {
  id: "falcon",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        inventory.norm(il, "attn_norm", true);
        if (hp.flag("tensors.attn_norm_2")) inventory.norm(il, "attn_norm_2", true);
        inventory.fusedAttention(il);
        inventory.plainFeedForward(il);
      },
      { normBias: true },
    ),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    parallelDecoder(b, {
      norms: "layer",
      attention: (il, normed, x) => {
        const own = b.layer(il, "attn_norm_2.weight") !== undefined;
        return rotaryAttention(b, il, own ? blockNorm(b, il, "attn_norm_2", x, "layer") : normed);
      },
      feedForward: (il, normed) => feedForward(b, il, normed, "plain"),
      sum: ({ attention, feedForward: fed, residual }) => b.add(b.add(fed, attention), residual),
    }),
};
