import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention } from "./blocks/attention.js";
import { blockNorm, finish, softCap } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { headGeometry, Inventory } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";
import { perLayerInputs, sharedCacheOwner, sliceOf } from "./blocks/per-layer.js";

function gemma4Layers(hp: Hyperparameters): Layer[] {
  const sliding = slidingPattern(hp, 0);
  const withCache = blocksWithCache(hp);
  return attentionLayers(hp, sliding).map((layer, il) =>
    il < withCache ? layer : { ...layer, caches: [], sharesCacheOf: sharedCacheOwner(withCache, sliding(il)) },
  );
}

function blocksWithCache(hp: Hyperparameters): number {
  return hp.number("block_count") - hp.number("attention.shared_kv_layers", 0);
}

/** Q of every block, K and V where it has a cache of its own; where there is no V, K stands in. */
function gemma4Attention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const length = b.keyLength(il);
  const factors = b.isSliding(il) ? undefined : b.ropeFactors("rope_freqs.weight", il);
  const rotated = (t: Tensor, name: string) => b.rope(blockNorm(b, il, name, t), b.positions(), factors);
  const heads = (t: Tensor, count: number) => b.reshape(t, length, count, b.tokens);

  const q = heads(b.linear(b.needLayer(il, "attn_q.weight"), x), b.headCount(il));
  const turned = rotated(q, "attn_q_norm");
  if (b.plan.layers[il]?.sharesCacheOf !== undefined) return attention(b, il, { q: turned });
  const k = b.linear(b.needLayer(il, "attn_k.weight"), x);
  const valueWeight = b.layer(il, "attn_v.weight");
  const v = valueWeight ? b.linear(valueWeight, x) : k;
  return attention(b, il, {
    q: turned,
    k: rotated(heads(k, b.headCountKv(il)), "attn_k_norm"),
    v: b.rmsNorm(heads(v, b.headCountKv(il))),
  });
}

/** A dense feed-forward, beside it experts whose router reads the input before its norm. */
function gemma4FeedForward(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const dense = feedForward(b, il, blockNorm(b, il, "ffn_norm", x));
  const router = b.layer(il, "ffn_gate_inp.weight");
  if (!router) return dense;
  const densely = blockNorm(b, il, "post_ffw_norm_1", dense);
  const input = blockNorm(b, il, "pre_ffw_norm_2", x);
  const routed = b.mul(b.scale(b.rmsNorm(x)), b.needLayer(il, "ffn_gate_inp.scale"));
  const mixed = experts(b, il, input, { normalise: true, logits: b.linear(router, routed) });
  return b.add(densely, blockNorm(b, il, "post_ffw_norm_2", mixed));
}

/** Gemma 4: 31B, 26B with experts, E2B and E4B with embeddings for each block (models/gemma4.cpp). */
export const gemma4: Architecture = {
  id: "gemma4",
  tensors(hp) {
    const inventory = new Inventory(hp);
    const { embedding } = inventory;
    const sliding = slidingPattern(hp, 0);
    const perLayer = hp.number("embedding_length_per_layer_input", 0);
    const count = hp.number("expert_count", 0);
    inventory.ends();
    inventory.add("rope_freqs.weight", headGeometry(hp, 0).keyLength / 2);
    if (perLayer > 0) inventory.perLayerEmbeddings(perLayer);
    for (let il = 0; il < inventory.blockCount; il++) {
      const { heads, keyValueHeads, keyLength } = headGeometry(hp, il, sliding(il));
      const ownCache = true;
      inventory.norm(il, "attn_norm");
      inventory.layer(il, "attn_q.weight", embedding, heads * keyLength);
      inventory.layer(il, "attn_q_norm.weight", keyLength);
      inventory.layer(il, "attn_output.weight", heads * keyLength, embedding);
      if (ownCache) {
        inventory.layer(il, "attn_k.weight", embedding, keyValueHeads * keyLength);
        inventory.layer(il, "attn_k_norm.weight", keyLength);
        if (sliding(il) || !hp.flag("tensors.attn_k_eq_v")) {
          inventory.layer(il, "attn_v.weight", embedding, keyValueHeads * keyLength);
        }
      }
      inventory.norm(il, "post_attention_norm");
      inventory.norm(il, "ffn_norm");
      inventory.feedForward(il);
      inventory.norm(il, "post_ffw_norm");
      inventory.layer(il, "layer_output_scale.weight", 1);
      if (count > 0) {
        inventory.norm(il, "post_ffw_norm_1");
        inventory.norm(il, "pre_ffw_norm_2");
        inventory.norm(il, "post_ffw_norm_2");
        inventory.experts(il, hp.number("expert_feed_forward_length"), { merged: true });
        inventory.layer(il, "ffn_gate_inp.scale", embedding);
        inventory.layer(il, "ffn_down_exps.scale", count);
      }
      if (perLayer > 0) inventory.perLayerInput(il, perLayer);
    }
    return inventory.tensors;
  },
  layers: gemma4Layers,
  usesRopeTables: (layer) => !layer.sliding,
  outputLoadedFirst: true,
  graph(b) {
    let x = b.scale(b.tokenEmbeddings());
    const embeddings = b.weight("per_layer_token_embd.weight") ? perLayerInputs(b, x) : undefined;
    for (const il of b.blocks) {
      const attended = gemma4Attention(b, il, blockNorm(b, il, "attn_norm", x));
      const residual = b.add(blockNorm(b, il, "post_attention_norm", attended), x);
      x = b.add(blockNorm(b, il, "post_ffw_norm", gemma4FeedForward(b, il, residual)), residual);
      if (embeddings) {
        let own = b.unary(b.linear(b.needLayer(il, "inp_gate.weight"), x));
        own = b.mul(own, sliceOf(b, embeddings, il));
        own = b.linear(b.needLayer(il, "proj.weight"), own);
        x = b.add(x, blockNorm(b, il, "post_norm", own));
      }
      const scale = b.layer(il, "layer_output_scale.weight");
      if (scale) x = b.mul(x, scale);
    }
    // all tokens are normed; the next-token predictor may want them
    const capped = b.hp.number("final_logit_softcapping", 0) !== 0;
    finish(b, x, { lateOutputs: true, ...(capped ? { finish: (logits) => softCap(b, logits) } : {}) });
  },
};
