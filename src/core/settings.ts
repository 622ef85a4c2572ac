import type { CacheType } from "./ggml.js";
import type { Model } from "./model.js";
import { GiB } from "./units.js";

export type FlashAttention = "on" | "off" | "auto";

/** What a user can decide about a run, resolved: every field has a value. */
export interface Settings {
  /** Tokens asked for (`-c`), before padding. All sequences together unless the cache is unified. */
  readonly contextLength: number;
  /** Sequences (`-np`). */
  readonly parallel: number;
  readonly kvUnified: boolean;
  /** Logical and physical batch in tokens (`-b`, `-ub`). */
  readonly batch: number;
  readonly ubatch: number;
  readonly cacheTypeK: CacheType;
  readonly cacheTypeV: CacheType;
  readonly flashAttention: FlashAttention;
  readonly swaFull: boolean;
  /** Reserve a logits row per token of the batch instead of one per sequence. */
  readonly allLogits: boolean;
  /** Keep the cache on the GPU (`--no-kv-offload` clears it). */
  readonly kvOffload: boolean;
  readonly runtime: string;
  /** Bytes to leave free on each device (`--fit-target`). */
  readonly marginBytes: number;
  /** Placement the user fixed; absent: the best plan that fits. */
  readonly gpuLayers?: number | "all";
  readonly cpuMoeLayers?: number;
  readonly tensorSplit?: readonly number[];
  /** Weights kept on the CPU by name, as `-ot` spells it: `blk\\.3\\.ffn_down_exps=CPU`. */
  readonly overrideTensors?: readonly string[];
}

/** What llama.cpp does when it is told nothing; the context depends on the model. */
export const DEFAULT_SETTINGS: Omit<Settings, "contextLength"> = {
  parallel: 1,
  kvUnified: false,
  batch: 2048,
  ubatch: 512,
  cacheTypeK: "f16",
  cacheTypeV: "f16",
  flashAttention: "auto",
  swaFull: false,
  allLogits: false,
  kvOffload: true,
  runtime: "llama.cpp",
  marginBytes: GiB,
};

/**
 * The context when none is asked for: what the model's own package asks for, or else 8192; in both cases no more
 * than the model was trained for.
 */
export function defaultContext(model: Pick<Model, "contextLength" | "preferredContext">): number {
  return Math.min(model.preferredContext ?? 8192, model.contextLength);
}
