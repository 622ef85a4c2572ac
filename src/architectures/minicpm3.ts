import type { Architecture } from "../core/architecture.js";
import { decoder } from "./blocks/decoder.js";
import { inventoryOf } from "./blocks/inventory.js";
import { latentAttention, latentTensors } from "./blocks/latent.js";
import { attentionLayers } from "./blocks/layers.js";

/** MiniCPM3: latent attention that keeps K and V of every head, everything scaled (models/minicpm3.cpp). */
export const minicpm3: Architecture = {
  id: "minicpm3",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      latentTensors(inventory, il);
      inventory.norm(il, "ffn_norm");
      inventory.feedForward(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      start: (x) => b.scale(x),
      attention: (il, x) => latentAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
      afterAttention: (_, x) => b.scale(x),
      afterFeedForward: (_, x) => b.scale(x),
      finalNorm: (x) => {
        const normed = b.norm(x, b.need("output_norm.weight"));
        normed.output = true;
        return b.scale(normed);
      },
    }),
};
