import type { Architecture } from "../core/architecture.js";
import { rotaryAttention } from "./blocks/attention.js";
import { decoder } from "./blocks/decoder.js";
import { experts, statedRouting } from "./blocks/experts.js";
import { olmoe } from "./olmo.js";

/** MiniMax M2: the tensors of OLMoE, experts in every block, Q and K normed whole (models/minimax-m2.cpp). */
export const minimaxM2: Architecture = {
  ...olmoe,
  id: "minimax-m2",
  graph: (b) =>
    decoder(b, {
      attention: (il, x) => rotaryAttention(b, il, x, { wholeNorms: "rms" }),
      feedForward: (il, x) => experts(b, il, x, { ...statedRouting(b.hp, "sigmoid"), normalise: true }),
    }),
};
