import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attend } from "./blocks/attend.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense, statedRouting } from "./blocks/experts.js";
import { type Inventory, inventoryOf, ropeDimension } from "./blocks/inventory.js";
import { readRows, storeRows } from "./blocks/key-value-cache.js";
import { latentAttention, latentLayer, latentTensors, lowRankQuery, storeLatent } from "./blocks/latent.js";
import { runningBlocks } from "./blocks/layers.js";
import { deepseekFeedForwardTensors } from "./deepseek2.js";

/** Whether a block picks the tokens worth attending to; the others take those of the last one that did. */
type HasIndexer = (hp: Hyperparameters, il: number) => boolean;

function layers(hp: Hyperparameters, hasIndexer: HasIndexer): Layer[] {
  const keyWidth = hp.number("attention.indexer.key_length");
  return Array.from({ length: runningBlocks(hp) }, (_, il) => {
    const { caches } = latentLayer(hp, il);
    return { caches: hasIndexer(hp, il) ? [...caches, { kind: "indexer", keyWidth }] : caches };
  });
}

function indexerTensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  const heads = hp.number("attention.indexer.head_count");
  const length = hp.number("attention.indexer.key_length");
  inventory.layer(il, "indexer.k_norm.weight", length);
  inventory.layer(il, "indexer.k_norm.bias", length);
  inventory.layer(il, "indexer.proj.weight", embedding, heads);
  inventory.layer(il, "indexer.attn_k.weight", embedding, length);
  inventory.layer(il, "indexer.attn_q_b.weight", hp.number("attention.q_lora_rank"), heads * length);
}

function tensors(hp: Hyperparameters, hasIndexer: HasIndexer): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => {
    inventory.norm(il, "attn_norm");
    latentTensors(inventory, il);
    inventory.norm(il, "ffn_norm");
    if (il >= runningBlocks(hp) || hasIndexer(hp, il)) indexerTensors(inventory, il);
    deepseekFeedForwardTensors(inventory, il);
    if (il >= runningBlocks(hp)) inventory.nextTokenHead(il);
  });
}

/** Scores all cached tokens with small heads and returns those worth attending to (lightning indexer). */
function bestTokens(b: GraphBuilder, il: number, x: Tensor, query: Tensor): Tensor {
  const heads = b.hp.number("attention.indexer.head_count");
  const length = b.hp.number("attention.indexer.key_length");
  const rotated = ropeDimension(b.hp);
  const { mask, rotation, ids } = indexerInput(b);
  const turned = (t: Tensor, count: number) => {
    const row = length * 4;
    const part = (width: number, offset: number) => b.view(t, [width, count, b.tokens], [row, row * count], offset * 4);
    const whole = b.concat(b.rope(part(rotated, 0), b.positions()), part(length - rotated, rotated), 0);
    return b.mulMat(rotation, whole);
  };
  const q = turned(b.mulMat(b.needLayer(il, "indexer.attn_q_b.weight"), query), heads);
  const normed = b.norm(
    b.mulMat(b.needLayer(il, "indexer.attn_k.weight"), x),
    b.needLayer(il, "indexer.k_norm.weight"),
    b.needLayer(il, "indexer.k_norm.bias"),
    "layer",
  );
  const [memory] = b.cacheTensors(il, "indexer") as [Tensor];
  b.expand(storeRows(b, memory, turned(normed, 1), ids));

  const keys = readRows(b, memory, length, 1);
  const streams = keys.ne[3];
  const each = b.tokens / streams;
  const weights = b.mulMat(b.needLayer(il, "indexer.proj.weight"), x);
  const scores = b.lightningIndexer(
    b.view(q, [length, heads, each, streams], [q.nb[1], q.nb[2], q.nb[2] * each]),
    keys,
    b.scale(b.view(weights, [heads, each, 1, streams], [weights.nb[1], weights.nb[1] * each, weights.nb[1] * each])),
    mask,
  );
  return b.cont(b.topRows(scores, Math.min(scores.ne[0], b.hp.number("attention.indexer.top_k"))));
}

/** Inputs of the indexer: like those of attention, and a rotation whatever the cache type. */
function indexerInput(b: GraphBuilder): { mask: Tensor; rotation: Tensor; ids: Tensor } {
  let size = 64;
  while (b.hp.number("attention.indexer.key_length") % (size * 2) === 0) size *= 2;
  return {
    ids: b.namedInput("indexer ids", "i64", b.tokens),
    mask: b.namedInput("indexer mask", "f16", ...b.attentionInput(false).mask.ne),
    rotation: b.namedInput("indexer rotation", "f32", size, size),
  };
}

/** The mask of attention with everything masked but the best tokens. */
function onlyBest(b: GraphBuilder, mask: Tensor, best: Tensor): Tensor {
  const [cells, tokens, , streams] = mask.ne;
  const all = b.fill(mask);
  const single = b.view(all, [1, cells, tokens, streams], [all.nb[0], all.nb[1], all.nb[2]]);
  const ids = b.view(best, [best.ne[0], tokens, streams, 1], [best.nb[1], best.nb[2], best.nb[3]]);
  const zeros = b.fill(b.empty("f32", 1, best.ne[0], tokens, streams));
  const opened = b.setRows(single, zeros, ids);
  const shaped = b.view(opened, [cells, tokens, 1, streams], [opened.nb[2], opened.nb[3], opened.nb[3]]);
  return b.add(shaped, mask);
}

function graph(b: GraphBuilder, hasIndexer: HasIndexer): void {
  let best: Tensor | undefined;
  decoder(b, {
    attention: (il, x) => {
      const query = lowRankQuery(b, il, x) as Tensor;
      if (hasIndexer(b.hp, il)) best = bestTokens(b, il, x, query);
      return latentAttention(b, il, x, {
        query,
        attend: (q, k, v, options) => {
          const cached = storeLatent(b, il, q, k, v);
          const mask = onlyBest(b, b.attentionInput(false).mask, best as Tensor);
          return attend(b, il, q, cached.k, cached.v, mask, options);
        },
      });
    },
    feedForward: (il, x) => expertsOrDense(b, il, x, statedRouting(b.hp, "sigmoid")),
  });
}

function sparse(id: string, hasIndexer: HasIndexer): Architecture {
  return {
    id,
    tensors: (hp) => tensors(hp, hasIndexer),
    layers: (hp) => layers(hp, hasIndexer),
    // each block's zeros are there before the first operation
    everyBlock: true,
    graph: (b) => graph(b, hasIndexer),
  };
}

/** DeepSeek V3.2: latent attention to the tokens an indexer picks, in every block (models/deepseek32.cpp). */
export const deepseek32 = sparse("deepseek32", () => true);

/** GLM-5 and 5.1 likewise; in GLM-5.2 three of four blocks reuse what an earlier one picked (models/glm-dsa.cpp). */
export const glmDsa = sparse("glm-dsa", (hp, il) => {
  const listed = "attention.indexer.types";
  if (hp.has(listed)) return hp.numberAt(listed, il) !== 0;
  return hp.number("context_length") < GLM_5_2_CONTEXT || il < 2 || (il - 2) % 4 === 0;
});

/** From this context length on a file that lists no indexers means the pattern of GLM-5.2. */
const GLM_5_2_CONTEXT = 1048576;
