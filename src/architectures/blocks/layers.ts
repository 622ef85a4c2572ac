import type { Layer } from "../../core/cache.js";
import type { Hyperparameters } from "../../core/hyperparameters.js";
import { headGeometry } from "./inventory.js";

/** Blocks that run: next-token-prediction blocks at the end of the file do not (`n_layer`). */
export function runningBlocks(hp: Hyperparameters): number {
  return hp.number("block_count") - hp.number("nextn_predict_layers", 0);
}

/** Block `il` keeps K and V of all its heads. */
export function attentionLayer(hp: Hyperparameters, il: number, sliding = false): Layer {
  const { keyValueHeads, keyLength, valueLength } = headGeometry(hp, il, sliding);
  const cache = {
    kind: "attention",
    keyWidth: keyValueHeads * keyLength,
    valueWidth: keyValueHeads * valueLength,
  } as const;
  return sliding ? { caches: [cache], sliding } : { caches: [cache] };
}

/** Every block keeps K and V of its heads. Blocks that keep the same are one object: what follows is worked out once. */
export function attentionLayers(hp: Hyperparameters, sliding: (il: number) => boolean = () => false): Layer[] {
  const known = new Map<string, Layer>();
  return Array.from({ length: runningBlocks(hp) }, (_, il) => {
    const slides = sliding(il);
    const { keyValueHeads, keyLength, valueLength } = headGeometry(hp, il, slides);
    const key = `${keyValueHeads} ${keyLength} ${valueLength} ${slides}`;
    const layer = known.get(key) ?? attentionLayer(hp, il, slides);
    known.set(key, layer);
    return layer;
  });
}

/** Recurrent blocks keep `recurrent`, the others K and V unless said otherwise. */
export function hybridLayers(
  hp: Hyperparameters,
  isRecurrent: (il: number) => boolean,
  recurrent: Layer,
  other: (il: number) => Layer = (il) => attentionLayer(hp, il),
): Layer[] {
  return Array.from({ length: runningBlocks(hp) }, (_, il) => (isRecurrent(il) ? recurrent : other(il)));
}

/**
 * Which blocks attend to a window (`llama_hparams::set_swa_pattern`): all but every `period`-th,
 * unless the file lists them.
 * @param period blocks per pattern when the file says nothing; 0 means all slide, 1 none does
 * @param denseFirst the full block opens the pattern instead of closing it
 */
export function slidingPattern(hp: Hyperparameters, period: number, denseFirst = false): (il: number) => boolean {
  const key = "attention.sliding_window_pattern";
  if (hp.isArray(key)) return (il) => hp.numberAt(key, il) !== 0;
  const n = hp.number(key, period);
  if (n === 0) return () => true;
  return denseFirst ? (il) => il % n !== 0 : (il) => il % n < n - 1;
}
