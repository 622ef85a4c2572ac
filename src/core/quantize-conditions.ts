import type { GgmlType } from "./ggml.js";

/** Where in the model a tensor lies, or what the model is like. `i` counts layers, `n` is all of them. */
export type Condition =
  | "always"
  /** i < 2, i < 4 among the tensors of its kind */
  | "first2"
  | "first4"
  /** the same i < n/8 as below, but counting tensors even where a layer has several */
  | "firstEighth"
  /** i < n/8, i < n/16 */
  | "early8"
  | "early16"
  /** `use_more_bits`: the first and last eighth and every third layer between */
  | "moreBits"
  /** neither in the first nor in the last eighth */
  | "middle"
  /** four or more query heads share one key-value head */
  | "grouped"
  /** grouped, or four or more experts */
  | "groupedOrExperts"
  /** early8, or moreBits in a model of eight experts */
  | "early8OrMixtral";

/** The first condition that holds decides; when none does, the base type stays. */
export type Rule = readonly (readonly [Condition, GgmlType])[];

/** Each condition as one bit, so that tensors for which the same ones hold can be treated together. */
export const conditionBits = {
  always: 1,
  first2: 2,
  first4: 4,
  firstEighth: 8,
  early8: 16,
  early16: 32,
  moreBits: 64,
  middle: 128,
  grouped: 256,
  groupedOrExperts: 512,
  early8OrMixtral: 1024,
} as const satisfies Record<Condition, number>;

/**
 * The conditions that hold at a place in the model, as bits.
 * @param layer the layer, or `position` again where layers are not told apart
 * @param position how many tensors of the kind come before
 * @param count layers, or tensors of the kind, in the whole model
 */
export function conditionsAt(layer: number, position: number, count: number, eightExperts: boolean): number {
  const eighth = Math.floor(count / 8);
  const lastEighth = Math.floor((7 * count) / 8);
  const moreBits = layer < eighth || layer >= lastEighth || (layer - eighth) % 3 === 2;
  let bits = 0;
  if (position < 2) bits |= conditionBits.first2;
  if (position < 4) bits |= conditionBits.first4;
  if (position < eighth) bits |= conditionBits.firstEighth;
  if (layer < eighth) bits |= conditionBits.early8;
  if (layer < Math.floor(count / 16)) bits |= conditionBits.early16;
  if (moreBits) bits |= conditionBits.moreBits;
  if (layer >= eighth && layer < lastEighth) bits |= conditionBits.middle;
  if (layer < eighth || (eightExperts && moreBits)) bits |= conditionBits.early8OrMixtral;
  return bits;
}
