import type { Architecture } from "../core/architecture.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { finish } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { headGeometry, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

/** gpt-oss: biases and attention sinks everywhere, every other block sees a window of 128 (models/openai-moe.cpp). */
export const gptOss: Architecture = {
  id: "gpt-oss",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const count = hp.number("expert_count");
      const width = hp.number("expert_feed_forward_length");
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { biases: true });
      inventory.layer(il, "attn_sinks.weight", headGeometry(hp, il).heads);
      inventory.norm(il, "post_attention_norm");
      inventory.experts(il, width);
      inventory.layer(il, "ffn_gate_inp.bias", count);
      inventory.layer(il, "ffn_gate_exps.bias", width, count);
      inventory.layer(il, "ffn_up_exps.bias", width, count);
      inventory.layer(il, "ffn_down_exps.bias", inventory.embedding, count);
    }),
  layers: (hp) => attentionLayers(hp, slidingPattern(hp, 2)),
  graph(b) {
    let x = b.tokenEmbeddings();
    for (const il of b.blocks) {
      let t = b.norm(x, b.layer(il, "attn_norm.weight"));
      t = attention(b, il, rotate(b, projectQkv(b, il, t)), { sinks: b.layer(il, "attn_sinks.weight") });
      const residual = b.add(t, x);
      t = b.norm(residual, b.layer(il, "post_attention_norm.weight"));
      x = b.add(experts(b, il, t, { gating: "after" }), residual);
    }
    // unlike elsewhere the last block runs for all tokens, and its result is kept for a draft model (`t_h_nextn`)
    x.output = true;
    finish(b, b.getRows(x, b.outputIds()));
  },
};
