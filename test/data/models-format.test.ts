import { expect, test } from "vitest";
import { formatEntry, sortHyperparameters } from "../../scripts/model-entry.js";
import type { MetadataValue } from "../../src/core/hyperparameters.js";
import { offenders } from "./models.js";

test("every file is written as add-model writes it", () => {
  expect(offenders(({ text, entry }) => (text === `${formatEntry(entry)}\n` ? undefined : "not formatted"))).toEqual(
    [],
  );
});

test("hyperparameters stand in one order", () => {
  expect(
    offenders(({ entry }) => {
      const keys = Object.keys(entry.hyperparameters);
      const sorted = Object.keys(sortHyperparameters(entry.hyperparameters as Record<string, MetadataValue>));
      return keys.join() === sorted.join() ? undefined : keys.join(" ");
    }),
  ).toEqual([]);
});
