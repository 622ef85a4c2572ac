import type { Architecture } from "../core/architecture.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, projectQkv, rotaryAttention, rotateNormed } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { feedForward } from "./blocks/feed-forward.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** InternLM 2 and 2.5 (models/internlm2.cpp). */
export const internlm2: Architecture = {
  id: "internlm2",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.plainBlock(il)),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b),
};

/** XVERSE (models/xverse.cpp). */
export const xverse: Architecture = { ...internlm2, id: "xverse" };

/** The 7B rotates; the 13B and whatever else has another number of blocks does not (ALiBi). */
function baichuanRotates(hp: Hyperparameters): boolean {
  return hp.number("block_count") === 32;
}

/** Baichuan 1 and 2 (models/baichuan.cpp). */
export const baichuan: Architecture = {
  ...internlm2,
  id: "baichuan",
  graph: (b) =>
    decoder(b, {
      attention: (il, x) =>
        baichuanRotates(b.hp) ? rotaryAttention(b, il, x) : attention(b, il, projectQkv(b, il, x)),
    }),
};

/** Layer norms with biases before attention and before what `feedForward` adds. */
function layerNormTensors(hp: Hyperparameters, feedForward: (inventory: Inventory, il: number) => void): TensorInfo[] {
  return inventoryOf(
    hp,
    (inventory, il) => {
      inventory.norm(il, "attn_norm", true);
      inventory.attention(il);
      inventory.norm(il, "ffn_norm", true);
      feedForward(inventory, il);
    },
    { normBias: true },
  );
}

/** Orion: layer norms with biases (models/orion.cpp). */
export const orion: Architecture = {
  id: "orion",
  tensors: (hp) => layerNormTensors(hp, (inventory, il) => inventory.feedForward(il)),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { norms: "layer" }),
};

/** Nemotron 3 and 4 of 2024, Minitron: layer norms with biases, squared relu without gate (models/nemotron.cpp). */
export const nemotron: Architecture = {
  id: "nemotron",
  tensors: (hp) => layerNormTensors(hp, (inventory, il) => inventory.plainFeedForward(il)),
  layers: (hp) => attentionLayers(hp),
  graph: (b) => decoder(b, { norms: "layer", feedForward: (il, x) => feedForward(b, il, x, "squared") }),
};

/** StarCoder 2: layer norms with biases, no gate (models/starcoder2.cpp). */
export const starcoder2: Architecture = {
  ...nemotron,
  id: "starcoder2",
  graph: (b) => decoder(b, { norms: "layer", feedForward: (il, x) => feedForward(b, il, x, "plain") }),
};

/** AFM: squared relu without gate (models/arcee.cpp). */
export const arcee: Architecture = {
  id: "arcee",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il);
      inventory.norm(il, "ffn_norm");
      inventory.plainFeedForward(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
      feedForward: (il, x) => feedForward(b, il, x, "squared"),
    }),
};

/** Apertus: heads of Q and K normed, xIELU without gate (models/apertus.cpp). */
export const apertus: Architecture = {
  id: "apertus",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      inventory.attention(il, { headNorms: true });
      inventory.norm(il, "ffn_norm");
      inventory.plainFeedForward(il);
    }),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => attention(b, il, rotateNormed(b, il, projectQkv(b, il, x), b.contextRopeFactors(il))),
      feedForward: (il, x) => feedForward(b, il, x, "plain"),
    }),
};
