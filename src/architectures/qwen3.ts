import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, projectQkv, rotateNormed } from "./blocks/attention.js";
import { type DecoderParts, decoder } from "./blocks/decoder.js";
import { experts, expertWidth } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

function denseTensors(hp: Hyperparameters): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => inventory.plainBlock(il, { headNorms: true }));
}

function mixtureTensors(hp: Hyperparameters): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => {
    inventory.norm(il, "attn_norm");
    inventory.attention(il, { headNorms: true });
    inventory.norm(il, "ffn_norm");
    inventory.experts(il, expertWidth(hp));
  });
}

function qwen3Parts(b: GraphBuilder, mixture: boolean, perToken = 1): DecoderParts {
  return {
    attention: (il, x) => attention(b, il, rotateNormed(b, il, projectQkv(b, il, x), undefined, perToken)),
    ...(mixture ? { feedForward: (il, x) => experts(b, il, x, { normalise: true }) } : {}),
  };
}

/** Image features join the first blocks' results; they come behind the embeddings in the same rows. */
function visionGraph(b: GraphBuilder, mixture: boolean): void {
  const joined = b.hp.number("n_deepstack_layers", 0);
  let embeddings: Tensor;
  decoder(b, {
    ...qwen3Parts(b, mixture, 4),
    start: (x) => {
      embeddings = x;
      return x;
    },
    afterBlock: (il, x) =>
      il < joined
        ? b.add(x, b.view(embeddings, [b.embedding, b.tokens], [embeddings.nb[1]], (il + 1) * b.embedding * 4))
        : x,
  });
}

function visionLayers(hp: Hyperparameters): Layer[] {
  const joined = hp.number("n_deepstack_layers", 0);
  return attentionLayers(hp).map((layer, il) => (il < joined ? { ...layer, variant: `joined ${il}` } : layer));
}

/** Qwen3 dense: heads of Q and K are normed before they are rotated (models/qwen3.cpp). */
export const qwen3: Architecture = {
  id: "qwen3",
  tensors: denseTensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, qwen3Parts(b, false)),
};

/** Qwen3 mixtures of experts (models/qwen3moe.cpp). */
export const qwen3moe: Architecture = {
  id: "qwen3moe",
  tensors: mixtureTensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, qwen3Parts(b, true)),
};

/** The text model of Qwen3-VL (models/qwen3vl.cpp). */
export const qwen3vl: Architecture = {
  id: "qwen3vl",
  tensors: denseTensors,
  layers: visionLayers,
  graph: (b) => visionGraph(b, false),
};

/** The text model of the Qwen3-VL mixtures (models/qwen3vlmoe.cpp). */
export const qwen3vlmoe: Architecture = {
  id: "qwen3vlmoe",
  tensors: mixtureTensors,
  layers: visionLayers,
  graph: (b) => visionGraph(b, true),
};
