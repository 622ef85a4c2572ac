import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, runningBlocks, slidingPattern } from "./blocks/layers.js";

/** MiMo V2 Flash: keys longer than values, windows with attention sinks and heads of their own (models/mimo2.cpp). */
export const mimo2: Architecture = {
  id: "mimo2",
  tensors: (hp) => {
    const sliding = slidingPattern(hp, 1);
    return inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      if (sliding(il)) inventory.layer(il, "attn_sinks.weight", headGeometry(hp, il).heads);
      inventory.norm(il, "ffn_norm");
      if (il >= hp.number("leading_dense_block_count", 0) && il < runningBlocks(hp)) {
        inventory.experts(il, hp.number("expert_feed_forward_length"));
      } else {
        inventory.feedForward(il);
      }
      if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
    });
  },
  layers: (hp) => attentionLayers(hp, slidingPattern(hp, 1)),
  graph(b) {
    const scale = b.hp.number("attention.value_scale", 1);
    decoder(b, {
      attention: (il, x) => {
        const sinks = b.layer(il, "attn_sinks.weight");
        const attended = attention(b, il, rotate(b, projectQkv(b, il, x)), { sinks });
        return scale !== 0 && scale !== 1 ? b.scale(attended) : attended;
      },
      feedForward: (il, x) => expertsOrDense(b, il, x, { gating: "sigmoid", normalise: true }),
    });
  },
};
