import type { Hyperparameters } from "./hyperparameters.js";

/** Elements of one head's K or V (`n_embd_head_k`, `n_embd_head_v`). */
export function headLength(hp: Hyperparameters, part: "key" | "value", sliding = false): number {
  const key = `attention.${part}_length`;
  if (sliding && hp.has(`${key}_swa`)) return hp.number(`${key}_swa`);
  const heads = hp.number("attention.head_count", 0);
  return hp.number(key, heads > 0 ? hp.number("embedding_length") / heads : 0);
}
