import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotateNormed } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { Inventory } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Qwen3 dense: heads of Q and K are normed before they are rotated (models/qwen3.cpp). */
export const qwen3: Architecture = {
  id: "qwen3",
  tensors(hp) {
    const inventory = new Inventory(hp);
    inventory.ends();
    for (let il = 0; il < inventory.blockCount; il++) {
      inventory.layer(il, "attn_norm.weight", inventory.embedding);
      inventory.attention(il, { headNorms: true });
      inventory.layer(il, "ffn_norm.weight", inventory.embedding);
      inventory.feedForward(il);
    }
    return inventory.tensors;
  },
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    decoder(b, {
      attention: (il, x) => attention(b, il, rotateNormed(b, il, projectQkv(b, il, x))),
      feedForward: (il, x) => feedForward(b, il, x),
    });
  },
};

/** Qwen3 mixtures of experts (models/qwen3moe.cpp). */
export const qwen3moe: Architecture = {
  id: "qwen3moe",
  tensors(hp) {
    const inventory = new Inventory(hp);
    inventory.ends();
    const width = hp.number(
      "expert_feed_forward_length",
      hp.number("feed_forward_length") / hp.number("expert_used_count"),
    );
    for (let il = 0; il < inventory.blockCount; il++) {
      inventory.layer(il, "attn_norm.weight", inventory.embedding);
      inventory.attention(il, { headNorms: true });
      inventory.layer(il, "ffn_norm.weight", inventory.embedding);
      inventory.experts(il, width);
    }
    return inventory.tensors;
  },
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    decoder(b, {
      attention: (il, x) => attention(b, il, rotateNormed(b, il, projectQkv(b, il, x))),
      feedForward: (il, x) => experts(b, il, x, { normalise: true }),
    });
  },
};
