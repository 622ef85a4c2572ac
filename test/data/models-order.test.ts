import { expect, test } from "vitest";
import { modelSchema } from "../../src/sources/model-schema.js";
import { offenders } from "./models.js";

const ORDER = Object.keys(modelSchema.shape);

test("keys stand in the schema's order", () => {
  expect(
    offenders(({ entry }) => {
      const keys = Object.keys(entry);
      const sorted = [...keys].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
      return keys.join() === sorted.join() ? undefined : keys.join(" ");
    }),
  ).toEqual([]);
});

test("tags are sorted and said once", () => {
  expect(
    offenders(({ entry }) => {
      const sorted = [...new Set(entry.tags)].sort();
      return entry.tags.join() === sorted.join() ? undefined : entry.tags.join(" ");
    }),
  ).toEqual([]);
});
