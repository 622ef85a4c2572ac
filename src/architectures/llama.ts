import type { Architecture } from "../core/architecture.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";
import { attention, projectQkv, rotaryAttention, rotate } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { expertsOrDense } from "./blocks/experts.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

function llamaTensors(hp: Hyperparameters): TensorInfo[] {
  return inventoryOf(hp, (inventory, il) => {
    inventory.norm(il, "attn_norm");
    inventory.attention(il);
    inventory.norm(il, "ffn_norm");
    inventory.expertsOrDense(il);
  });
}

/** Llama 1 to 3, Mistral, Mixtral, Yi, SmolLM2... (models/llama.cpp) */
export const llama: Architecture = {
  id: "llama",
  tensors: llamaTensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { factors: b.contextRopeFactors(il) }),
      feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: true }),
    }),
};

/** Ministral 3 and later Mistrals: far tokens are made up for by a temperature (models/mistral3.cpp). */
export const mistral3: Architecture = {
  id: "mistral3",
  tensors: llamaTensors,
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => {
        const parts = rotate(b, projectQkv(b, il, x), b.contextRopeFactors(il));
        const tempered = b.hp.number("attention.temperature_scale", 0) !== 0;
        return attention(b, il, tempered ? { ...parts, q: b.mul(parts.q, b.attentionTemperature()) } : parts);
      },
      feedForward: (il, x) => expertsOrDense(b, il, x, { normalise: true }),
    }),
};
