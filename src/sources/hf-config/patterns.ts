import type { HfConfig } from "./config.js";

/**
 * Which layers see only the sliding window, from `layer_types`: true where it says `sliding_attention`.
 * Blocks beyond the list (next-token prediction) are full.
 */
export function slidingLayers(config: HfConfig, blocks: number): boolean[] | undefined {
  const types = config.strings("layer_types");
  if (types === undefined) return undefined;
  return Array.from({ length: blocks }, (_, il) => types[il] === "sliding_attention");
}

/** A value per block. */
export function perBlock<T>(blocks: number, value: (il: number) => T): T[] {
  return Array.from({ length: blocks }, (_, il) => value(il));
}

/** Blocks and how many of them are next-token prediction blocks appended after the others. */
export function withPredictionBlocks(config: HfConfig, key: string): { blocks: number; prediction: number } {
  const prediction = config.optionalCount(key) ?? 0;
  return { blocks: config.blockCount() + Math.min(prediction, 8), prediction: Math.min(prediction, 8) };
}
