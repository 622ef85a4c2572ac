import type { Architecture } from "../core/architecture.js";
import { decoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** StarCoder 2: layer norms, biases everywhere, no gate (models/starcoder2.cpp). */
export const starcoder2: Architecture = {
  id: "starcoder2",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        inventory.norm(il, "attn_norm", true);
        inventory.attention(il);
        inventory.norm(il, "ffn_norm", true);
        inventory.plainFeedForward(il);
      },
      { normBias: true },
    ),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { norms: "layer", feedForward: (il, x) => feedForward(b, il, x, "plain") }),
};
