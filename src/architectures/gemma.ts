import type { Architecture } from "../core/architecture.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, attentionWithoutCache, projectQkv, rotate, rotateNormed } from "./blocks/attention.js";
import { decoder, softCap } from "./blocks/decoder.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

function gemmaTensors(hp: Hyperparameters, headNorms: boolean): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => {
    inventory.norm(il, "attn_norm");
    inventory.attention(il, { headNorms });
    inventory.norm(il, "post_attention_norm");
    inventory.norm(il, "ffn_norm");
    inventory.feedForward(il);
    inventory.norm(il, "post_ffw_norm");
  });
}

function gemmaGraph(b: GraphBuilder, headNorms: boolean, cap: { scores: boolean; logits: boolean }): void {
  decoder(b, {
    start: (x) => b.scale(x),
    attention: (il, x) => {
      const parts = projectQkv(b, il, x);
      const rotated = headNorms ? rotateNormed(b, il, parts) : rotate(b, parts);
      return attention(b, il, { ...rotated, q: b.scale(rotated.q) }, { softCap: cap.scores });
    },
    afterAttention: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")),
    afterFeedForward: (il, x) => b.norm(x, b.layer(il, "post_ffw_norm.weight")),
    ...(cap.logits ? { finish: (logits) => softCap(b, logits) } : {}),
  });
}

/** Gemma 1 (models/gemma.cpp). */
export const gemma: Architecture = {
  id: "gemma",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.plainBlock(il), { tied: true }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      start: (x) => b.scale(x),
      attention: (il, x) => {
        const parts = rotate(b, projectQkv(b, il, x));
        return attention(b, il, { ...parts, q: b.scale(parts.q) });
      },
    }),
};

/** Gemma 2: every other block sees a window of 4096, scores and logits are capped (models/gemma2.cpp). */
export const gemma2: Architecture = {
  id: "gemma2",
  tensors: (hp) => gemmaTensors(hp, false),
  slidingWindow: (hp) => hp.number("attention.sliding_window", 4096),
  layers: (hp) => attentionLayers(hp, slidingPattern(hp, 2)),
  graph: (b) => gemmaGraph(b, false, { scores: true, logits: true }),
};

/** Gemma 3: five blocks with a window, then one without (models/gemma3.cpp). */
export const gemma3: Architecture = {
  id: "gemma3",
  tensors: (hp) => gemmaTensors(hp, true),
  layers: (hp) => attentionLayers(hp, hp.number("attention.sliding_window", 0) > 0 ? slidingPattern(hp, 6) : undefined),
  graph: (b) => gemmaGraph(b, true, { scores: false, logits: b.hp.number("final_logit_softcapping", 0) !== 0 }),
};

/** EmbeddingGemma: Gemma 3 attending both ways, without a cache; the normed hidden values are the result (models/gemma-embedding.cpp). */
export const gemmaEmbedding: Architecture = {
  id: "gemma-embedding",
  embedding: true,
  tensors: (hp) => gemmaTensors(hp, true),
  layers: (hp) => attentionLayers(hp, slidingPattern(hp, 6)),
  graph: (b) =>
    decoder(b, {
      start: (x) => b.scale(x),
      attention: (il, x) => {
        const parts = rotateNormed(b, il, projectQkv(b, il, x));
        return attentionWithoutCache(b, il, { ...parts, q: b.scale(parts.q) });
      },
      afterAttention: (il, x) => b.norm(x, b.layer(il, "post_attention_norm.weight")),
      afterFeedForward: (il, x) => b.norm(x, b.layer(il, "post_ffw_norm.weight")),
      headless: true,
    }),
};
