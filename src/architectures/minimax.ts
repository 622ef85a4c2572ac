import type { Architecture } from "../core/architecture.js";
import { rotaryAttention } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts, statedRouting } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** MiniMax M2: experts in every block, Q and K normed whole (models/minimax-m2.cpp). */
export const minimaxM2: Architecture = {
  id: "minimax-m2",
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
      feedForward: (il, x) => experts(b, il, x, { ...statedRouting(b.hp, "sigmoid"), normalise: true }),
    }),
};
