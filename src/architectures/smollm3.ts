import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Every fourth block does without rope (`n_no_rope_layer_step`). */
function rotated(il: number): boolean {
  return (il + 1) % 4 !== 0;
}

/** SmolLM3 (models/smollm3.cpp). */
export const smollm3: Architecture = {
  id: "smollm3",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.plainBlock(il)),
  layers: (hp) => attentionLayers(hp).map((layer, il) => (rotated(il) ? layer : { ...layer, variant: "no rope" })),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => {
        const parts = projectQkv(b, il, x);
        return attention(b, il, rotated(il) ? rotate(b, parts) : parts);
      },
    }),
};
