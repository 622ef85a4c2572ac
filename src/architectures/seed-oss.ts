import type { Architecture } from "../core/architecture.js";
import { decoder } from "./blocks/decoder.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Seed-OSS: the norm before the feed-forward is named after attention (models/seed-oss.cpp). */
export const seedOss: Architecture = {
  id: "seed_oss",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "post_attention_norm");
      inventory.feedForward(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { feedForwardNorm: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")) }),
};
