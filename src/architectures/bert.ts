import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attentionWithoutCache, type Projections, projectQkv, rotate } from "./blocks/attention.js";
import { blockNorm, decoder } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { Inventory } from "./blocks/inventory.js";
import { attentionLayers, slidingPattern } from "./blocks/layers.js";

interface BertParts {
  readonly positions?: boolean;
  readonly rotated?: boolean;
  readonly feedForward: (il: number, x: Tensor) => Tensor;
}

/** Embeddings with their norm, then per block attention, norm and what `block` adds, and the closing norm. */
function bertTensors(
  hp: Hyperparameters,
  positions: boolean,
  block: (inventory: Inventory, il: number) => void,
): TensorInfo[] {
  const inventory = new Inventory(hp);
  const { embedding } = inventory;
  inventory.add("token_embd.weight", embedding, hp.number("vocab_size"));
  inventory.add("token_embd_norm.weight", embedding);
  inventory.add("token_embd_norm.bias", embedding);
  inventory.add("token_types.weight", embedding, hp.number("token_type_count", 1));
  if (positions) inventory.add("position_embd.weight", embedding, hp.number("context_length"));
  for (let il = 0; il < inventory.blockCount; il++) {
    block(inventory, il);
    inventory.norm(il, "attn_output_norm", true);
    inventory.norm(il, "layer_output_norm", true);
  }
  return inventory.tensors;
}

/** Norms stand behind both parts; the last block's hidden values are the result. */
function bertGraph(b: GraphBuilder, parts: BertParts): void {
  let x = b.tokenEmbeddings();
  const types = b.weight("token_types.weight");
  if (types) x = b.add(x, b.view(types, [b.embedding]));
  if (parts.positions) x = b.add(b.getRows(b.need("position_embd.weight"), b.positions()), x);
  x = b.norm(x, b.need("token_embd_norm.weight"), b.need("token_embd_norm.bias"), "layer");
  for (const il of b.blocks) {
    const projections: Projections = projectQkv(b, il, x, { wholeNorms: "layer" });
    let t = attentionWithoutCache(b, il, parts.rotated ? rotate(b, projections) : projections);
    if (b.isLast(il)) {
      t = b.getRows(t, b.outputIds());
      x = b.getRows(x, b.outputIds());
    }
    t = blockNorm(b, il, "attn_output_norm", b.add(t, x), "layer");
    if (b.layer(il, "attn_norm_2.weight")) t = blockNorm(b, il, "attn_norm_2", b.add(t, x), "layer");
    x = blockNorm(b, il, "layer_output_norm", b.add(parts.feedForward(il, t), t), "layer");
  }
  b.expand(x);
}

/** BERT and what is built like it: BGE, E5, MiniLM, mxbai, Arctic, XLM-RoBERTa (models/bert.cpp). */
export const bert: Architecture = {
  id: "bert",
  embedding: true,
  headless: true,
  tensors: (hp) =>
    bertTensors(hp, true, (inventory, il) => {
      inventory.attention(il, { biases: true });
      inventory.plainFeedForward(il, { biases: true });
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => bertGraph(b, { positions: true, feedForward: (il, x) => feedForward(b, il, x, "plain") }),
};

/** Nomic Embed 1 and 1.5: rotated, gated, Q, K and V in one matrix (models/nomic-bert.cpp). */
export const nomicBert: Architecture = {
  id: "nomic-bert",
  embedding: true,
  headless: true,
  tensors: (hp) =>
    bertTensors(hp, false, (inventory, il) => {
      inventory.fusedAttention(il);
      inventory.feedForward(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => bertGraph(b, { rotated: true, feedForward: (il, x) => feedForward(b, il, x) }),
};

/** Nomic Embed 2: experts in every other block (models/nomic-bert-moe.cpp). */
export const nomicBertMoe: Architecture = {
  id: "nomic-bert-moe",
  embedding: true,
  headless: true,
  tensors: (hp) =>
    bertTensors(hp, false, (inventory, il) => {
      inventory.fusedAttention(il, { biases: true });
      if (il % hp.number("moe_every_n_layers") === 1) {
        inventory.experts(il, hp.number("feed_forward_length"), { gated: false });
      } else {
        inventory.plainFeedForward(il, { biases: true });
      }
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    bertGraph(b, {
      rotated: true,
      feedForward: (il, x) =>
        b.layer(il, "ffn_gate_inp.weight")
          ? experts(b, il, x, { activation: "plain" })
          : feedForward(b, il, x, "plain"),
    }),
};

/** Jina Embeddings 2: ALiBi instead of positions (models/jina-bert-v2.cpp). */
export const jinaBertV2: Architecture = {
  id: "jina-bert-v2",
  embedding: true,
  headless: true,
  tensors: (hp) =>
    bertTensors(hp, false, (inventory, il) => {
      inventory.attention(il, { biases: true });
      inventory.fusedFeedForward(il);
      inventory.layer(il, "ffn_down.bias", inventory.embedding);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    bertGraph(b, {
      feedForward: (il, x) => feedForward(b, il, x, b.layer(il, "ffn_gate.weight") ? "glu" : "fused-glu"),
    }),
};

/** ModernBERT: norms before both parts, every third block sees everything (models/modern-bert.cpp). */
export const modernBert: Architecture = {
  id: "modern-bert",
  embedding: true,
  headless: true,
  tensors(hp) {
    const inventory = new Inventory(hp);
    const { embedding } = inventory;
    inventory.add("token_embd.weight", embedding, hp.number("vocab_size"));
    inventory.add("token_embd_norm.weight", embedding);
    inventory.add("output_norm.weight", embedding);
    for (let il = 0; il < inventory.blockCount; il++) {
      if (il > 0) inventory.norm(il, "attn_norm");
      inventory.fusedAttention(il);
      inventory.norm(il, "ffn_norm");
      inventory.fusedFeedForward(il);
    }
    return inventory.tensors;
  },
  layers: (hp) =>
    attentionLayers(hp, hp.number("attention.sliding_window", 0) > 0 ? slidingPattern(hp, 3, true) : undefined),
  graph: (b) =>
    decoder(b, {
      norms: "layer",
      start: (x) => b.norm(x, b.need("token_embd_norm.weight"), undefined, "layer"),
      attentionNorm: (il, x) => (b.layer(il, "attn_norm.weight") ? blockNorm(b, il, "attn_norm", x, "layer") : x),
      attention: (il, x) => attentionWithoutCache(b, il, rotate(b, projectQkv(b, il, x))),
      feedForward: (il, x) => feedForward(b, il, x, "fused-glu"),
      headless: true,
    }),
};
