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

/** Keys of any architecture that are lengths or counts, and their limit where none is given above. */
const LENGTH = /(_length|_size|_rank|_count|_kernel|_layers|_interval|_window)$/;
const LONGEST = 2 ** 24;
/** A thousand times the largest published model. */
const MOST_PARAMETERS = 2 ** 50;

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
  for (const [key, value] of Object.entries(hp.values)) {
    const limit = LIMITS[key] ?? (LENGTH.test(key) ? LONGEST : undefined);
    if (limit === undefined) continue;
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (entry === undefined || typeof entry === "boolean") continue;
      if (!(Number.isInteger(entry) && entry >= 0 && entry <= limit)) throw impossible(hp, key, id);
    }
  }
  checkExperts(hp, id);
  checkHeads(hp, id);
}

/** A token is routed to some of the experts, neither to none nor to more than there are. */
function checkExperts(hp: Hyperparameters, id: string): void {
  const experts = hp.number("expert_count", 0);
  const used = hp.number("expert_used_count", 1);
  if (experts > 0 && (used < 1 || used > experts)) throw impossible(hp, "expert_used_count", id);
}

/** Heads that share the embedding must divide it. */
function checkHeads(hp: Hyperparameters, id: string): void {
  const heads = hp.number("attention.head_count", 0);
  if (heads === 0 || hp.has("attention.key_length")) return;
  if (hp.number("embedding_length") % heads !== 0) throw impossible(hp, "attention.head_count", id);
}

function impossible(hp: Hyperparameters, key: string, id: string): FitcheckError {
  const value = hp.values[key];
  const shown = Array.isArray(value) ? "" : ` (${String(value).slice(0, 32)})`;
  return malformed(id, `"${hp.architecture}.${key}" has an impossible value${shown}`);
}

/** @throws FitcheckError BAD_FILE where lengths that are each possible make no possible model together */
export function checkParameters(parameters: number, id: string): number {
  if (Number.isSafeInteger(parameters) && parameters > 0 && parameters <= MOST_PARAMETERS) return parameters;
  throw malformed(id, `a model of ${parameters} parameters is impossible`);
}
