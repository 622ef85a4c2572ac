import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { inventoryOf } from "./blocks/inventory.js";
import { runningBlocks } from "./blocks/layers.js";
import { mamba2 as mamba2Layer, mamba2Tensors, mamba as mambaLayer, mambaTensors } from "./blocks/mamba.js";
import { mixerDecoder } from "./blocks/mixer.js";
import { recurrentLayer } from "./blocks/recurrent.js";

function recurrentLayers(hp: Hyperparameters): Layer[] {
  return Array.from({ length: runningBlocks(hp) }, () => recurrentLayer(hp));
}

/** Mamba and Falcon-Mamba: a state space layer per block and nothing else (models/mamba.cpp). */
export const mamba: Architecture = {
  id: "mamba",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      mambaTensors(inventory, il);
    }),
  layers: recurrentLayers,
  everyBlock: true,
  graph: (b) => mixerDecoder(b, { mixer: (il, x) => mambaLayer(b, il, x) }),
};

/** Mamba 2, Codestral Mamba (models/mamba2.cpp). */
export const mamba2: Architecture = {
  id: "mamba2",
  tensors: (hp) =>
    inventoryOf(hp, (inventory, il) => {
      inventory.norm(il, "attn_norm");
      mamba2Tensors(inventory, il);
    }),
  layers: recurrentLayers,
  everyBlock: true,
  graph: (b) => mixerDecoder(b, { mixer: (il, x) => mamba2Layer(b, il, x) }),
};
