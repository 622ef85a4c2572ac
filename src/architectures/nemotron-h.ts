import type { Architecture } from "../core/architecture.js";
import type { Layer } from "../core/cache.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, projectQkv } from "./blocks/attention.js";
import { experts } from "./blocks/experts.js";
import { feedForward, SHARED_EXPERT } from "./blocks/feed-forward.js";
import { type Inventory, inventoryOf } from "./blocks/inventory.js";
import { attentionLayer, runningBlocks } from "./blocks/layers.js";
import { mamba2, mamba2Tensors } from "./blocks/mamba.js";
import { mixerDecoder } from "./blocks/mixer.js";
import { isRecurrent, recurrentLayer } from "./blocks/recurrent.js";

type Kind = "feed-forward" | "attention" | "recurrent";

/** Each block is one of three. */
function kindOf(hp: Hyperparameters, il: number): Kind {
  if (hp.numberAt("feed_forward_length", il) > 0) return "feed-forward";
  return isRecurrent(hp, il) ? "recurrent" : "attention";
}

function layers(hp: Hyperparameters): Layer[] {
  const kept = {
    "feed-forward": () => ({ caches: [] }),
    attention: (il: number) => attentionLayer(hp, il),
    recurrent: () => recurrentLayer(hp),
  };
  return Array.from({ length: runningBlocks(hp) }, (_, il) => kept[kindOf(hp, il)](il));
}

/** Experts without gate, in a latent space of their own where the file says so, and the one every token passes. */
function expertTensors(inventory: Inventory, il: number): void {
  const { embedding, hp } = inventory;
  const count = hp.number("expert_count");
  const width = hp.number("expert_feed_forward_length");
  const latent = hp.number("moe_latent_size", 0);
  inventory.layer(il, "ffn_gate_inp.weight", embedding, count);
  inventory.layer(il, "exp_probs_b.bias", count);
  if (latent > 0) {
    inventory.layer(il, "ffn_latent_down.weight", embedding, latent);
    inventory.layer(il, "ffn_latent_up.weight", latent, embedding);
  }
  inventory.layer(il, "ffn_up_exps.weight", latent || embedding, width, count);
  inventory.layer(il, "ffn_down_exps.weight", width, latent || embedding, count);
  inventory.sharedExpert(il, hp.number("expert_shared_feed_forward_length"), false);
}

function tensors(hp: Hyperparameters): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => {
    inventory.norm(il, "attn_norm");
    const kind = kindOf(hp, il);
    if (kind === "recurrent") mamba2Tensors(inventory, il);
    else if (kind === "attention") inventory.attention(il);
    else if (hp.number("expert_count", 0) > 0) expertTensors(inventory, il);
    else inventory.plainFeedForward(il);
  });
}

/** The router reads the block's input, the experts its projection into the latent space. */
function latentExperts(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const down = b.layer(il, "ffn_latent_down.weight");
  const up = b.layer(il, "ffn_latent_up.weight");
  const routed = experts(b, il, down ? b.mulMat(down, x) : x, {
    gating: "sigmoid",
    normalise: b.hp.flag("expert_weights_norm"),
    activation: "squared",
    logits: b.linear(b.needLayer(il, "ffn_gate_inp.weight"), x),
  });
  return b.add(up ? b.mulMat(up, routed) : routed, feedForward(b, il, x, "squared", SHARED_EXPERT));
}

function graph(b: GraphBuilder): void {
  mixerDecoder(b, {
    mixer: (il, x) => {
      switch (kindOf(b.hp, il)) {
        case "recurrent":
          return mamba2(b, il, x);
        case "attention":
          return attention(b, il, projectQkv(b, il, x));
        case "feed-forward":
          return b.layer(il, "ffn_gate_inp.weight") ? latentExperts(b, il, x) : feedForward(b, il, x, "squared");
      }
    },
    lateOutputs: true,
  });
}

/** Nemotron-H and Nemotron Nano 2: Mamba 2, attention or a feed-forward per block (models/nemotron-h.cpp). */
export const nemotronH: Architecture = { id: "nemotron_h", tensors, layers, graph };

/** Nemotron 3: the same with experts (models/nemotron-h-moe.cpp). */
export const nemotronHMoe: Architecture = { id: "nemotron_h_moe", tensors, layers, graph };
