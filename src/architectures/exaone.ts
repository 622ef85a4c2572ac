import type { Architecture } from "../core/architecture.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, normHeads, projectQkv, rotaryAttention, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, runningBlocks, slidingPattern } from "./blocks/layers.js";

/** EXAONE 3 and 3.5 (models/exaone.cpp). */
export const exaone: Architecture = {
  id: "exaone",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.plainBlock(il)),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
    }),
};

/** llama.cpp gives windows to the 32B only, which it knows by its 64 blocks. */
function hasWindows(hp: Hyperparameters): boolean {
  return runningBlocks(hp) === 64;
}

/**
 * EXAONE 4: norms behind attention and feed-forward. The 32B has three blocks with a window and rope,
 * then one with neither; the 1.2B rotates everywhere (models/exaone4.cpp).
 */
export const exaone4: Architecture = {
  id: "exaone4",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.attention(il, { headNorms: true });
      inventory.norm(il, "post_attention_norm");
      inventory.feedForward(il);
      inventory.norm(il, "post_ffw_norm");
      if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
    }),
  layers: (hp) => attentionLayers(hp, hasWindows(hp) ? slidingPattern(hp, 4) : undefined),
  slidingWindow: (hp) => (hasWindows(hp) ? hp.number("attention.sliding_window", 4096) : 0),
  graph(b) {
    const windows = hasWindows(b.hp);
    decoder(b, {
      attentionNorm: (_, x) => x,
      attention: (il, x) => {
        const parts = normHeads(b, il, projectQkv(b, il, x));
        const rotated = b.isSliding(il) || !windows;
        return attention(b, il, rotated ? rotate(b, parts, b.contextRopeFactors(il)) : parts);
      },
      afterAttention: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")),
      feedForwardNorm: (_, x) => x,
      afterFeedForward: (il, x) => b.norm(x, b.layer(il, "post_ffw_norm.weight")),
    });
  },
};

/** K-EXAONE: windows and rope as in EXAONE 4, norms before both parts, experts with a shared one (models/exaone-moe.cpp). */
export const exaoneMoe: Architecture = {
  id: "exaone-moe",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const width = hp.number("expert_feed_forward_length");
      const shared = hp.number("expert_shared_feed_forward_length", 0);
      const running = il < runningBlocks(hp);
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.norm(il, "ffn_norm");
      if (running && il >= hp.number("leading_dense_block_count", 0)) {
        inventory.experts(il, width);
        inventory.sharedExpert(il, shared > 0 ? shared : width);
      } else {
        inventory.feedForward(il);
      }
      if (!running) inventory.nextTokenHead(il);
    }),
  layers: (hp) => attentionLayers(hp, slidingPattern(hp, 4)),
  slidingWindow: (hp) => hp.number("attention.sliding_window", 128),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => {
        const parts = normHeads(b, il, projectQkv(b, il, x));
        return attention(b, il, b.isSliding(il) ? rotate(b, parts, b.contextRopeFactors(il)) : parts);
      },
      feedForward: (il, x) => expertsOrDense(b, il, x, statedRouting(b.hp, "softmax")),
    }),
};
