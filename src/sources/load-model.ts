import { FitcheckError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { loadCatalogModel } from "./catalog-model.js";
import { type ModelReference, parseReference } from "./reference.js";

export interface LoadOptions {
  /** Where tokens, endpoints and stores are looked up. Defaults to the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * A model by any form of reference: a catalog name, a GGUF file or URL, a folder, `hf:`, `ollama:`, `lmstudio:`.
 *
 * @throws FitcheckError UNKNOWN_MODEL or AMBIGUOUS_MODEL with suggestions, BAD_VALUE, BAD_FILE, SOURCE_FAILED,
 *   UNSUPPORTED_ARCHITECTURE
 */
export async function loadModel(reference: string, _options: LoadOptions = {}): Promise<Model> {
  const parsed = parseReference(reference);
  switch (parsed.kind) {
    case "catalog":
      return loadCatalogModel(reference.trim(), parsed.name, parsed.quant) ?? (await refuse(parsed));
    case "path":
    case "url":
    case "hugging-face":
    case "ollama":
    case "lmstudio":
      throw new FitcheckError("SOURCE_FAILED", `${reference}: this kind of model is not read yet`);
  }
}

/** Nothing is guessed: an unknown name ends with what it may have meant. */
async function refuse(parsed: Extract<ModelReference, { kind: "catalog" }>): Promise<never> {
  const { modelsNamedBy, suggestModels } = await import("./search.js");
  const suggestions = suggestModels(parsed.name).map((model) => model.id);
  const named = modelsNamedBy(parsed.name);
  const hint = "fitcheck models <words> searches the catalog; a file, hf:org/name or ollama:name works too";
  if (named.length > 1) {
    throw new FitcheckError("AMBIGUOUS_MODEL", `"${parsed.name}" may mean ${named.length} models`, {
      hint,
      suggestions,
    });
  }
  throw new FitcheckError("UNKNOWN_MODEL", `no model is known as "${parsed.name}"`, { hint, suggestions });
}
