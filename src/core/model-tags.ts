import type { Model } from "./model.js";

/** Does the catalog say the model is for this? False for models that it does not know. */
export function hasTag(model: Pick<Model, "card">, tag: string): boolean {
  const tags = model.card?.["tags"];
  return Array.isArray(tags) && tags.includes(tag);
}
