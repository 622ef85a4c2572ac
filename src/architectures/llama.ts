import type { Architecture } from "../core/architecture.js";
import { rotaryAttention } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Llama 1 to 3, Mistral, Mixtral, Yi, SmolLM2... (models/llama.cpp) */
export const llama: Architecture = {
  id: "llama",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      if (hp.number("expert_count", 0) === 0) {
        inventory.plainBlock(il);
        return;
      }
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      inventory.experts(il, hp.numberAt("feed_forward_length", il));
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
      feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: true }),
    }),
};
