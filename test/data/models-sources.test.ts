import { expect, test } from "vitest";
import type { ModelEntry } from "../../src/sources/model-schema.js";
import { offenders } from "./models.js";

/** Groups of facts that need a source, and whether the entry has them. */
const GROUPS: Readonly<Record<string, (entry: ModelEntry) => unknown>> = {
  architecture: () => true,
  parameters: (entry) => entry.parameters.published,
  license: (entry) => entry.license,
  released: (entry) => entry.released,
  files: (entry) => entry.files,
  ollama: (entry) => entry.repositories.ollama,
};

test("every group of facts has its source, and no source stands without facts", () => {
  expect(
    offenders(({ entry }) => {
      const missing = Object.keys(GROUPS).filter((group) => GROUPS[group]?.(entry) !== undefined);
      const wrong = [
        ...missing.filter((group) => !entry.sources[group]),
        ...Object.keys(entry.sources).filter((group) => GROUPS[group]?.(entry) === undefined),
      ];
      return wrong.length > 0 ? wrong.join(" ") : undefined;
    }),
  ).toEqual([]);
});
