import { readdirSync, readFileSync } from "node:fs";
import type { ModelEntry } from "../../src/sources/model-schema.js";

export const DATA = new URL("../../data/", import.meta.url);

export interface ModelFile {
  readonly file: string;
  readonly text: string;
  readonly entry: ModelEntry;
}

/** Every file of data/models, as text and as value. */
export const modelFiles: readonly ModelFile[] = readdirSync(new URL("models/", DATA))
  .sort()
  .map((file) => {
    const text = readFileSync(new URL(`models/${file}`, DATA), "utf8");
    return { file, text, entry: JSON.parse(text) };
  });

/** The files that break a rule, with what is wrong: an empty list passes. */
export function offenders(check: (model: ModelFile) => string | undefined): string[] {
  return modelFiles.flatMap((model) => {
    const problem = check(model);
    return problem === undefined ? [] : [`${model.file}: ${problem}`];
  });
}
