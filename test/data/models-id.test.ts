import { expect, test } from "vitest";
import { offenders } from "./models.js";

test("a model's id is its file name", () => {
  expect(offenders(({ file, entry }) => (file === `${entry.id}.json` ? undefined : entry.id))).toEqual([]);
});
