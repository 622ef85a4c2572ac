import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { attention, normHeads, projectQkv, rotate } from "./blocks/attention.js";
import { blockNorm, finish, softCap } from "./blocks/decoder.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";
import { perLayerInputs, sharedCacheOwner, sliceOf } from "./blocks/per-layer.js";

/** Blocks with a cache of their own (`n_layer_kv_from_start`), and blocks with sparse activations. */
const BLOCKS_WITH_CACHE = 20;
const SPARSE_BLOCKS = 10;
/** Width of the low-rank path beside attention (`laurel_rank`). */
const LAUREL_RANK = 64;

function gemma3nLayers(hp: Hyperparameters): Layer[] {
  const sliding = slidingPattern(hp, 5);
  return attentionLayers(hp, sliding).map((layer, il) => {
    if (il < SPARSE_BLOCKS) return { ...layer, variant: "sparse" };
    if (il < BLOCKS_WITH_CACHE) return layer;
    return { ...layer, caches: [], sharesCacheOf: sharedCacheOwner(BLOCKS_WITH_CACHE, sliding(il)) };
  });
}

/** Euclidean length of each row. */
function magnitude(b: GraphBuilder, x: Tensor): Tensor {
  return b.sqrt(b.sumRows(b.sqr(x)));
}

/** Scales rows to the length of `target`'s. */
function withMagnitude(b: GraphBuilder, x: Tensor, target: Tensor): Tensor {
  const own = magnitude(b, x);
  return b.div(b.mul(x, target), own);
}

/** Keeps only what lies well above the mean (`gaussian_topk`). */
function sparse(b: GraphBuilder, x: Tensor): Tensor {
  const mean = b.mean(x);
  const deviation = b.sqrt(b.scale(b.sumRows(b.sqr(b.sub(x, mean)))));
  return b.unary(b.sub(x, b.add(mean, b.scale(deviation))));
}

/** The four streams of hidden values (`altup`): one is computed, the others are predicted and corrected. */
class Streams {
  private readonly b: GraphBuilder;
  readonly count: number;
  readonly active: number;

  constructor(b: GraphBuilder) {
    this.b = b;
    this.count = b.hp.number("altup.num_inputs", 4);
    this.active = b.hp.number("altup.active_idx", 0);
  }

  /** All streams but the first. */
  private rest(x: Tensor): Tensor {
    const row = x.ne[0] * 4;
    return this.b.view(x, [x.ne[0], x.ne[1], this.count - 1], [row, row * x.ne[1]], row * x.ne[1]);
  }

  open(x: Tensor): Tensor {
    const { b, count } = this;
    const target = magnitude(b, x);
    const repeated = b.repeat(x, b.embedding, b.tokens, count - 1, 1);
    const added = withMagnitude(b, b.mulMat(b.need("altup_proj.weight"), repeated), target);
    return b.concat(x, added, 2);
  }

  close(x: Tensor): Tensor {
    const { b, count } = this;
    const target = magnitude(b, sliceOf(b, x, this.active));
    const others = withMagnitude(b, b.mulMat(b.need("altup_unembd_proj.weight"), this.rest(x)), target);
    let sum = sliceOf(b, x, 0);
    for (let i = 0; i < count - 1; i++) sum = b.add(sum, sliceOf(b, others, i));
    return b.scale(sum);
  }

  private modalities(il: number, x: Tensor): Tensor {
    const { b } = this;
    const scaled = b.scale(blockNorm(b, il, "altup_router_norm", x));
    return b.unary(b.mulMat(b.needLayer(il, "altup_router.weight"), scaled));
  }

  predict(il: number, x: Tensor): Tensor {
    const { b, count } = this;
    const modalities = this.modalities(il, sliceOf(b, x, this.active));
    let coefficients = b.linear(b.needLayer(il, "altup_predict_coef.weight"), modalities);
    coefficients = b.reshape(coefficients, count, count, b.tokens);
    const turned = b.cont(b.permute(x, 1, 2, 0, 3));
    const predictions = b.cont(b.permute(b.mulMat(turned, coefficients), 0, 2, 1, 3));
    return b.add(predictions, x);
  }

  correct(il: number, predictions: Tensor, activated: Tensor): Tensor {
    const { b, count } = this;
    const modalities = this.modalities(il, activated);
    const innovation = b.sub(activated, sliceOf(b, predictions, this.active));
    let coefficients = b.scale(b.linear(b.needLayer(il, "altup_correct_coef.weight"), modalities));
    coefficients = b.cont(b.transpose(coefficients), 1, b.tokens, count);
    const repeated = b.repeat(innovation, b.embedding, b.tokens, count, 1);
    return b.add(b.mul(repeated, coefficients), predictions);
  }

  /** The block's own embeddings, gated by the corrected first stream, join the other streams. */
  join(il: number, corrected: Tensor, embeddings: Tensor): Tensor {
    const { b } = this;
    let first = b.mul(sliceOf(b, corrected, this.active), b.needLayer(il, "altup_correct_scale.weight"));
    first = b.unary(b.linear(b.needLayer(il, "inp_gate.weight"), first));
    first = b.mul(first, sliceOf(b, embeddings, il));
    first = blockNorm(b, il, "post_norm", b.linear(b.needLayer(il, "proj.weight"), first));
    const kept = sliceOf(b, corrected, 0);
    return b.concat(kept, b.add(this.rest(corrected), first), 2);
  }
}

/** Q always; K and V where the block has a cache of its own, all normed, V without a weight. */
function gemma3nAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  if (b.plan.layers[il]?.sharesCacheOf === undefined) {
    const parts = normHeads(b, il, projectQkv(b, il, x));
    return attention(b, il, rotate(b, { ...parts, v: b.rmsNorm(parts.v) }));
  }
  let q = b.linear(b.needLayer(il, "attn_q.weight"), x);
  q = b.reshape(q, b.keyLength(il), b.headCount(il), b.tokens);
  return attention(b, il, { q: b.rope(blockNorm(b, il, "attn_q_norm", q), b.positions()) });
}

function gemma3nFeedForward(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const up = b.linear(b.needLayer(il, "ffn_up.weight"), x);
  let gate = b.linear(b.needLayer(il, "ffn_gate.weight"), x);
  if (il < SPARSE_BLOCKS) gate = sparse(b, gate);
  return b.linear(b.needLayer(il, "ffn_down.weight"), b.mul(up, b.unary(gate)));
}

/** Gemma 3n E2B and E4B (models/gemma3n.cpp). */
export const gemma3n: Architecture = {
  id: "gemma3n",
  tensors: (hp) => {
    const streams = hp.number("altup.num_inputs", 4);
    const perLayer = hp.number("embedding_length_per_layer_input");
    const embedding = hp.number("embedding_length");
    const ends = [
      { name: "altup_proj.weight", shape: [embedding, embedding, streams - 1] },
      { name: "altup_unembd_proj.weight", shape: [embedding, embedding, streams - 1] },
    ];
    const blocks = inventoryOf(hp, (inventory, il) => {
      if (il === 0) inventory.perLayerEmbeddings(perLayer);
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.norm(il, "post_attention_norm");
      inventory.norm(il, "ffn_norm");
      inventory.feedForward(il);
      inventory.norm(il, "post_ffw_norm");
      inventory.perLayerInput(il, perLayer);
      inventory.layer(il, "altup_correct_coef.weight", streams, streams);
      inventory.layer(il, "altup_correct_scale.weight", embedding);
      inventory.layer(il, "altup_predict_coef.weight", streams, streams * streams);
      inventory.layer(il, "altup_router.weight", embedding, streams);
      inventory.norm(il, "altup_router_norm");
      inventory.layer(il, "laurel_l.weight", embedding, LAUREL_RANK);
      inventory.layer(il, "laurel_r.weight", LAUREL_RANK, embedding);
      inventory.norm(il, "laurel_post_norm");
    });
    return [...ends, ...blocks];
  },
  layers: gemma3nLayers,
  outputLoadedFirst: true,
  graph(b) {
    const streams = new Streams(b);
    const scaled = b.scale(b.tokenEmbeddings());
    const embeddings = perLayerInputs(b, scaled);
    let x = streams.open(scaled);
    for (const il of b.blocks) {
      const predictions = streams.predict(il, x);
      const active = sliceOf(b, predictions, streams.active);
      const normed = blockNorm(b, il, "attn_norm", active);
      // the low-rank path beside attention
      const low = b.linear(b.needLayer(il, "laurel_r.weight"), b.linear(b.needLayer(il, "laurel_l.weight"), normed));
      const laurel = b.add(blockNorm(b, il, "laurel_post_norm", low), normed);
      let t = blockNorm(b, il, "post_attention_norm", gemma3nAttention(b, il, normed));
      t = b.scale(b.add(b.add(t, active), laurel));
      const fed = gemma3nFeedForward(b, il, blockNorm(b, il, "ffn_norm", t));
      const activated = b.add(blockNorm(b, il, "post_ffw_norm", fed), t);
      x = streams.join(il, streams.correct(il, predictions, activated), embeddings);
    }
    finish(b, b.getRows(streams.close(x), b.outputIds()), { finish: (logits) => softCap(b, logits) });
  },
};
