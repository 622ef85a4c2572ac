import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, projectQkv } from "./blocks/attention.js";
import { blockNorm, decoder, parallelDecoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Q, K and V in one matrix, no gate; `biases` on everything. */
function gptTensors(hp: Hyperparameters, biases: boolean): TensorInfo[] {
  return inventoryOf(
    hp,
    (inventory, il) => {
      inventory.norm(il, "attn_norm", biases);
      inventory.fusedAttention(il, { biases });
      inventory.norm(il, "ffn_norm", biases);
      inventory.plainFeedForward(il, { biases });
    },
    { normBias: biases },
  );
}

/** A table of positions, as many as the model was trained for. */
function positionTable(hp: Hyperparameters): TensorInfo {
  return { name: "position_embd.weight", shape: [hp.number("embedding_length"), hp.number("context_length")] };
}

/** The decoder of GPT-2: nothing is rotated; `start` adds positions or norms. */
function gptGraph(b: GraphBuilder, start: (x: Tensor) => Tensor): void {
  const clamp = b.hp.number("attention.clamp_kqv", 0) > 0;
  decoder(b, {
    norms: "layer",
    start,
    attention: (il, x) => attention(b, il, projectQkv(b, il, x, { clamp })),
    feedForward: (il, x) => feedForward(b, il, x, "plain"),
  });
}

function withPositions(b: GraphBuilder, x: Tensor): Tensor {
  const table = b.weight("position_embd.weight");
  return table ? b.add(x, b.getRows(table, b.positions())) : x;
}

/** GPT-2 (models/gpt2.cpp). */
export const gpt2: Architecture = {
  id: "gpt2",
  tensors: (hp) => [...gptTensors(hp, true), positionTable(hp)],
  layers: (hp) => attentionLayers(hp),
  graph: (b) => gptGraph(b, (x) => withPositions(b, x)),
};

/** MPT: no biases, ALiBi instead of positions (models/mpt.cpp). */
export const mpt: Architecture = {
  id: "mpt",
  tensors: (hp) => gptTensors(hp, false),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => gptGraph(b, (x) => withPositions(b, x)),
};

/** BLOOM: the embeddings are normed, ALiBi instead of positions (models/bloom.cpp). */
export const bloom: Architecture = {
  id: "bloom",
  tensors(hp) {
    const embedding = hp.number("embedding_length");
    return [
      ...gptTensors(hp, true),
      { name: "token_embd_norm.weight", shape: [embedding] },
      { name: "token_embd_norm.bias", shape: [embedding] },
    ];
  },
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    gptGraph(b, (x) => b.norm(x, b.need("token_embd_norm.weight"), b.need("token_embd_norm.bias"), "layer")),
};

/** GPT-NeoX and Pythia: rotated, both parts side by side, each with a norm of its own (models/gptneox.cpp). */
export const gptneox: Architecture = {
  id: "gptneox",
  tensors: (hp) => gptTensors(hp, true),
  layers: (hp) => attentionLayers(hp),
  graph(b) {
    const plain = (il: number, x: Tensor) => feedForward(b, il, x, "plain");
    if (!b.hp.flag("use_parallel_residual")) {
      decoder(b, { norms: "layer", feedForward: plain });
      return;
    }
    parallelDecoder(b, {
      norms: "layer",
      feedForward: (il, _, x) => plain(il, blockNorm(b, il, "ffn_norm", x, "layer")),
      sum: ({ attention: attended, feedForward: fed, residual }) => b.add(b.add(fed, residual), attended),
    });
  },
};
