import type { Architecture } from "../core/architecture.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

/** Tokens of a chunk, within which three of four blocks attend. */
const CHUNK = 8192;

function isChunked(hp: Hyperparameters): boolean {
  return hp.number("attention.sliding_window", CHUNK) > 0;
}

/** Every fourth block does without rope, unless nothing is chunked. */
function isRotated(hp: Hyperparameters, il: number): boolean {
  return isChunked(hp) ? (il + 1) % 4 !== 0 : il + 1 !== hp.number("block_count");
}

/** Maverick, known by its experts, does not norm Q and K (`use_kq_norm`). */
function normsHeads(hp: Hyperparameters): boolean {
  return hp.number("expert_count", 0) !== 128;
}

/** Llama 4 Scout and Maverick: experts in every block or in every other one (models/llama4.cpp). */
export const llama4: Architecture = {
  id: "llama4",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      const step = hp.number("interleave_moe_layer_step");
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      if (step > 0 && (il + 1) % step === 0) {
        const width = hp.number("expert_feed_forward_length");
        inventory.experts(il, width);
        inventory.sharedExpert(il, width);
      } else {
        inventory.feedForward(il);
      }
    }),
  slidingWindow: (hp) => (isChunked(hp) ? CHUNK : 0),
  layers: (hp) =>
    attentionLayers(hp, isChunked(hp) ? slidingPattern(hp, 4) : undefined).map((layer, il) =>
      isRotated(hp, il) ? layer : { ...layer, variant: "no rope" },
    ),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => {
        let parts = projectQkv(b, il, x);
        if (!isRotated(b.hp, il)) {
          // far tokens are made up for by a temperature
          return attention(b, il, { ...parts, q: b.mul(parts.q, b.attentionTemperature()) });
        }
        parts = rotate(b, parts, b.contextRopeFactors(il));
        if (normsHeads(b.hp)) parts = { ...parts, q: b.rmsNorm(parts.q), k: b.rmsNorm(parts.k) };
        return attention(b, il, parts);
      },
      feedForward: (il, x) => expertsOrDense(b, il, x, { gating: "sigmoid", weighInput: true }),
    }),
};
