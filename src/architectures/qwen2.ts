import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { Inventory } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Qwen 1.5, 2, 2.5, QwQ and the R1 distills on them (models/qwen2.cpp). */
export const qwen2: Architecture = {
  id: "qwen2",
  tensors(hp) {
    const inventory = new Inventory(hp);
    inventory.ends();
    for (let il = 0; il < inventory.blockCount; il++) {
      inventory.layer(il, "attn_norm.weight", inventory.embedding);
      inventory.attention(il);
      inventory.layer(il, "ffn_norm.weight", inventory.embedding);
      inventory.feedForward(il);
    }
    return inventory.tensors;
  },
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    decoder(b, {
      attention: (il, x) => attention(b, il, rotate(b, projectQkv(b, il, x))),
      feedForward: (il, x) => feedForward(b, il, x),
    });
  },
};
