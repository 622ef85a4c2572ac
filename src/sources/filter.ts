import type { ModelSummary } from "./model-index.js";
import { normalizeName } from "./names.js";

/** What `fitcheck models` can be narrowed down by, beside words. */
export interface ModelFilter {
  /** Part of a family's or a developer's name. */
  readonly family?: string;
  /** Parameters, both ends included. */
  readonly size?: { readonly from: number; readonly to: number };
  /** Part of a licence's name, or `commercial`: whatever allows it, with conditions or without. */
  readonly license?: string;
  readonly task?: string;
  /** Tokens the model was trained for, at least. */
  readonly contextLength?: number;
}

/** The models that every part of the filter fits. */
export function filterModels(models: readonly ModelSummary[], filter: ModelFilter): ModelSummary[] {
  const { family, size, license, task, contextLength } = filter;
  const named = (text: string, part: string): boolean => normalizeName(text).includes(normalizeName(part));
  return models.filter(
    (model) =>
      (family === undefined || named(model.family, family) || named(model.developer, family)) &&
      (size === undefined || (model.parameters >= size.from && model.parameters <= size.to)) &&
      (license === undefined || hasLicense(model, license)) &&
      (task === undefined || model.tags.includes(task)) &&
      (contextLength === undefined || model.contextLength >= contextLength),
  );
}

function hasLicense({ license, commercial }: ModelSummary, wanted: string): boolean {
  if (normalizeName(wanted) === "commercial") return commercial === "yes" || commercial === "conditions";
  return license !== undefined && normalizeName(license).includes(normalizeName(wanted));
}
