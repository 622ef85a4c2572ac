import { existsSync } from "node:fs";
import { FitcheckError, shortened } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { loadCatalogModel } from "./catalog-model.js";
import type { Environment } from "./environment.js";
import { type ModelReference, parseReference } from "./reference.js";

export interface LoadOptions {
  /** Where tokens, endpoints and stores are looked up. Defaults to the process's own. */
  readonly environment?: Environment;
}

/**
 * A model by any form of reference: a catalog name, a GGUF file or URL, a folder, `hf:`, `ollama:`, `lmstudio:`.
 * Only URLs and `hf:` use the network. What a form needs is loaded when it is met.
 *
 * @throws FitcheckError UNKNOWN_MODEL or AMBIGUOUS_MODEL with suggestions, BAD_VALUE, BAD_FILE, SOURCE_FAILED,
 *   UNSUPPORTED_ARCHITECTURE
 */
export async function loadModel(reference: string, options: LoadOptions = {}): Promise<Model> {
  const env = options.environment ?? process.env;
  const parsed = parseReference(reference);
  switch (parsed.kind) {
    case "catalog":
      return (
        loadCatalogModel(reference.trim(), parsed.name, parsed.quant) ??
        (await otherThanCatalog(parsed, reference, env))
      );
    case "path":
      return (await import("./path-model.js")).loadPath(parsed.path, env);
    case "url":
      return (await import("./url-model.js")).loadUrl(parsed.url, env);
    case "hugging-face":
      return loadRepository(parsed.repository, parsed.quant, env);
    case "ollama":
      return (await import("./stores/ollama.js")).loadOllama(parsed.name, env);
    case "lmstudio":
      return (await import("./stores/lm-studio.js")).loadLmStudio(parsed.name, env);
  }
}

/** A quantization that was downloaded before is read from this machine. */
async function loadRepository(repository: string, quant: string | undefined, env: Environment): Promise<Model> {
  if (quant !== undefined) {
    const { cachedGroups } = await import("./stores/llama-cpp-cache.js");
    const groups = cachedGroups(repository, env).filter((group) => group.quant === quant);
    if (groups.length > 0) {
      const { modelOfLocalFiles } = await import("./gguf-folder.js");
      // It may lie in both folders.
      return modelOfLocalFiles({
        id: `hf:${repository}:${quant}`,
        source: "llama.cpp-cache",
        groups: groups.slice(0, 1),
      });
    }
  }
  return (await import("./hugging-face/model.js")).loadHuggingFace(repository, quant, env);
}

/** `models/llama` may be a folder after all; otherwise nothing is guessed and the name ends with what it may have meant. */
async function otherThanCatalog(
  parsed: Extract<ModelReference, { kind: "catalog" }>,
  reference: string,
  env: Environment,
): Promise<Model> {
  if (/[/\\]/.test(reference) && existsSync(parsed.name)) {
    return (await import("./path-model.js")).loadPath(reference.trim(), env);
  }
  const { modelsNamedBy, suggestModels } = await import("./search.js");
  const name = shortened(parsed.name);
  // What is longer than any name resembles none, and comparing it would take long.
  const suggestions = name === parsed.name ? suggestModels(name).map((model) => model.id) : [];
  const named = modelsNamedBy(parsed.name);
  const hint = "fitcheck models <words> searches the catalog; a file, hf:org/name or ollama:name works too";
  if (named.length > 1) {
    throw new FitcheckError("AMBIGUOUS_MODEL", `"${name}" may mean ${named.length} models`, {
      hint,
      suggestions,
    });
  }
  throw new FitcheckError("UNKNOWN_MODEL", `no model is known as "${name}"`, { hint, suggestions });
}
