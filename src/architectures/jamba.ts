import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { hybridLayers } from "./blocks/layers.js";
import { mamba, mambaTensors } from "./blocks/mamba.js";
import { isRecurrent, recurrentLayer } from "./blocks/recurrent.js";

/**
 * Jamba: Mamba 1 and now and then attention without rope, experts in every other block, as the file's
 * tensors have it (models/jamba.cpp).
 */
export const jamba: Architecture = {
  id: "jamba",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      if (isRecurrent(hp, il)) mambaTensors(inventory, il, { norms: true });
      else inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      const period = hp.number("tensors.expert_layer_period", 0);
      if (period > 0 && il % period === hp.number("tensors.expert_layer_offset", 0)) {
        inventory.experts(il, hp.numberAt("feed_forward_length", il));
      } else {
        inventory.feedForward(il);
      }
    }),
  layers: (hp) => hybridLayers(hp, (il) => isRecurrent(hp, il), recurrentLayer(hp)),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => (isRecurrent(b.hp, il) ? mamba(b, il, x) : attention(b, il, projectQkv(b, il, x))),
      feedForward: (il, x) => expertsOrDense(b, il, x),
      residualFirst: "both",
    }),
};
