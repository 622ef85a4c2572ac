import type { FitcheckError } from "../core/errors.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import { malformed } from "./gguf/malformed.js";

/** Far beyond every real model, and near enough that nothing computed from them gets out of hand. */
const LIMITS: Readonly<Record<string, number>> = {
  block_count: 2048,
  context_length: 2 ** 31,
  embedding_length: 2 ** 20,
  feed_forward_length: 2 ** 24,
  expert_count: 2 ** 16,
  expert_used_count: 2 ** 16,
  nextn_predict_layers: 64,
  vocab_size: 2 ** 26,
  "attention.head_count": 2 ** 16,
  "attention.head_count_kv": 2 ** 16,
  "attention.key_length": 2 ** 16,
  "attention.value_length": 2 ** 16,
};

/** Keys without which there is no model to speak of. */
const REQUIRED: readonly string[] = ["block_count", "context_length", "embedding_length"];

/**
 * A number out of bounds would be answered with nonsense, or computed for ever.
 *
 * @throws FitcheckError BAD_FILE naming the key
 */
export function checkLimits(hp: Hyperparameters, id: string): void {
  for (const key of REQUIRED) {
    if (!(hp.number(key) >= 1)) throw impossible(hp, key, id);
  }
  for (const [key, limit] of Object.entries(LIMITS)) {
    const value = hp.values[key];
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (entry === undefined || typeof entry === "boolean") continue;
      if (!(Number.isInteger(entry) && entry >= 0 && entry <= limit)) throw impossible(hp, key, id);
    }
  }
}

function impossible(hp: Hyperparameters, key: string, id: string): FitcheckError {
  const value = hp.values[key];
  const shown = Array.isArray(value) ? "" : ` (${String(value).slice(0, 32)})`;
  return malformed(id, `"${hp.architecture}.${key}" has an impossible value${shown}`);
}
