import { readFileSync } from "node:fs";
import { dataFile } from "../data-root.js";

/** What lists and suggestions need of a model, one line of `data/models-index.json`. */
export interface ModelSummary {
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly family: string;
  readonly developer: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly contextLength: number;
  readonly tags: readonly string[];
  /** SPDX identifier or name. */
  readonly license?: string;
  readonly commercial?: "yes" | "no" | "conditions";
  readonly released?: string;
  /** Hugging Face repository and Ollama tag, where known. */
  readonly repository?: string;
  readonly ollama?: string;
}

let index: readonly ModelSummary[] | undefined;

/** All models of the catalog, by id. Read once, and only for lists, searches and suggestions. */
export function listModels(): readonly ModelSummary[] {
  index ??= JSON.parse(readFileSync(dataFile("models-index.json"), "utf8")) as ModelSummary[];
  return index;
}
