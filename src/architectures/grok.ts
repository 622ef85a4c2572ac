import type { Architecture } from "../core/architecture.js";
import { rotaryAttention } from "./blocks/attention.js";
import { decoder, softCap } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Grok 1 and 2: norms around both parts; Grok 2 adds a dense feed-forward to the experts (models/grok.cpp). */
export const grok: Architecture = {
  id: "grok",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "attn_output_norm");
      inventory.norm(il, "ffn_norm");
      if (hp.has("expert_feed_forward_length")) inventory.feedForward(il);
      inventory.experts(il, hp.number("expert_feed_forward_length", hp.number("feed_forward_length")));
      inventory.norm(il, "layer_output_norm");
    }),
  withoutFlashAttention: true,
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      start: (x) => (b.hp.has("embedding_scale") ? x : b.scale(x)),
      attention: (il, x) => rotaryAttention(b, il, x, { softCap: true }),
      afterAttention: (il, x) => b.norm(x, b.layer(il, "attn_output_norm.weight")),
      feedForward: (il, x) => {
        const routed = experts(b, il, x, { normalise: true });
        return b.layer(il, "ffn_up.weight") ? b.scale(b.add(feedForward(b, il, x), routed)) : routed;
      },
      afterFeedForward: (il, x) =>
        b.norm(x, b.layer(il, "layer_output_norm.weight") ?? b.layer(il, "post_ffw_norm.weight")),
      finish: (logits) => {
        const scaled = b.scale(logits);
        return b.hp.number("final_logit_softcapping", 0) !== 0 ? softCap(b, scaled) : scaled;
      },
    }),
};
