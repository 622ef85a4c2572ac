import type { Architecture } from "../core/architecture.js";
import { rotaryAttention } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

/** OLMo 1: norms without weights, Q, K and V clamped where the file says so (models/olmo.cpp). */
export const olmo: Architecture = {
  id: "olmo",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        inventory.attention(il);
        inventory.feedForward(il);
      },
      { bareNorm: true },
    ),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      norms: "layer",
      attention: (il, x) => rotaryAttention(b, il, x, { clamp: b.hp.number("attention.clamp_kqv", 0) > 0 }),
    }),
};

/**
 * OLMo 2 and Olmo 3: norms after attention and feed-forward instead of before, Q and K normed whole.
 * Olmo 3 has three blocks with a window, then one without (models/olmo2.cpp).
 */
export const olmo2: Architecture = {
  id: "olmo2",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.attention(il);
      inventory.wholeNorms(il);
      inventory.norm(il, "post_attention_norm");
      inventory.feedForward(il);
      inventory.norm(il, "post_ffw_norm");
    }),
  layers: (hp) => attentionLayers(hp, hp.number("attention.sliding_window", 0) > 0 ? slidingPattern(hp, 4) : undefined),
  graph: (b) =>
    decoder(b, {
      attentionNorm: (_, x) => x,
      attention: (il, x) => rotaryAttention(b, il, x, { wholeNorms: "rms" }),
      afterAttention: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")),
      feedForwardNorm: (_, x) => x,
      afterFeedForward: (il, x) => b.norm(x, b.layer(il, "post_ffw_norm.weight")),
    }),
};

/** OLMoE: experts, Q and K normed whole (models/olmoe.cpp). */
export const olmoe: Architecture = {
  id: "olmoe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.wholeNorms(il);
      inventory.norm(il, "ffn_norm");
      inventory.experts(il, hp.number("feed_forward_length"));
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { wholeNorms: "rms" }),
      feedForward: (il, x) => experts(b, il, x),
    }),
};
