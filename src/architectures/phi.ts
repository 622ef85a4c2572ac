import type { Architecture } from "../core/architecture.js";
import type { Tensor } from "../core/graph/tensor.js";
import type { GraphBuilder } from "../core/graph-builder.js";
import { attention, projectQkv, rotate } from "./blocks/attention.js";
import { decoder, parallelDecoder } from "./blocks/decoder.js";
import { experts } from "./blocks/experts.js";
import { feedForward } from "./blocks/feed-forward.js";
import { inventoryOf } from "./blocks/inventory.js";
import { attentionLayers } from "./blocks/layers.js";

/** Q is scaled before attention instead of the scores. */
function phiAttention(b: GraphBuilder, il: number, x: Tensor): Tensor {
  const parts = rotate(b, projectQkv(b, il, x), b.contextRopeFactors(il));
  return attention(b, il, { ...parts, q: b.scale(parts.q) });
}

/** Phi 1, 1.5 and 2: attention and feed-forward side by side, biases everywhere (models/phi2.cpp). */
export const phi2: Architecture = {
  id: "phi2",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        inventory.norm(il, "attn_norm", true);
        inventory.attention(il, { biases: true });
        inventory.plainFeedForward(il, { biases: true });
      },
      { normBias: true, outputBias: true },
    ),
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    parallelDecoder(b, {
      norms: "layer",
      attention: (il, normed) => phiAttention(b, il, normed),
      feedForward: (il, normed) => feedForward(b, il, normed, "plain"),
      sum: ({ attention: attended, feedForward: fed, residual }) => b.add(b.add(attended, fed), residual),
    }),
};

/**
 * Phi 3, 3.5 and 4: Q, K and V in one matrix, gate and up in one matrix. The window the file names is
 * not used by llama.cpp, so every block keeps the whole context (models/phi3.cpp).
 */
export const phi3: Architecture = {
  id: "phi3",
  tensors: (hp) => inventoryOf(hp, (inventory, il) => inventory.fusedBlock(il)),
  slidingWindow: () => 0,
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => phiAttention(b, il, x),
      feedForward: (il, x) => feedForward(b, il, x, "fused-glu"),
      residualFirst: true,
    }),
};

/** Phi 3.5 MoE: Q, K and V apart, biases everywhere but on the experts (models/phimoe.cpp). */
export const phimoe: Architecture = {
  id: "phimoe",
  tensors: (hp) =>
    inventoryOf(
      hp,
      (inventory, il) => {
        inventory.norm(il, "attn_norm", true);
        inventory.attention(il, { biases: true });
        inventory.norm(il, "ffn_norm", true);
        inventory.experts(il, hp.number("feed_forward_length"));
      },
      { normBias: true, outputBias: true },
    ),
  slidingWindow: () => 0,
  layers: (hp) => attentionLayers(hp),
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => phiAttention(b, il, x),
      feedForward: (il, x) => experts(b, il, x, { normalise: true }),
      residualFirst: true,
    }),
};
