import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo } from "../core/model.js";

function elements(tensor: TensorInfo): number {
  return tensor.shape.reduce((product, length) => product * length, 1);
}

/** Tables that are computed when converting, not weights: rope frequencies and factors. */
function isTable(name: string): boolean {
  return name.startsWith("rope_") || name.includes(".rope_freqs");
}

/** Weights of the tensors, as published counts have them: a tied output counts once. */
export function countParameters(tensors: readonly TensorInfo[]): number {
  let total = 0;
  for (const tensor of tensors) if (!isTable(tensor.name)) total += elements(tensor);
  return total;
}

/**
 * Weights used for one token of a mixture of experts: all but the experts that are not chosen.
 * The embedding table is counted, as the figures in models' names do.
 *
 * @returns undefined for a model without experts
 */
export function countActiveParameters(tensors: readonly TensorInfo[], hp: Hyperparameters): number | undefined {
  const experts = hp.number("expert_count", 0);
  const used = hp.number("expert_used_count", 0);
  if (experts === 0 || used === 0) return undefined;
  let idle = 0;
  for (const tensor of tensors) {
    if (/_exps\.(weight|bias)$/.test(tensor.name)) idle += elements(tensor) * (1 - used / experts);
  }
  return Math.round(countParameters(tensors) - idle);
}
