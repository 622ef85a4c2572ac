import { expect, test } from "vitest";
import { modelFiles, offenders } from "./models.js";

const ids = new Set(modelFiles.map(({ entry }) => entry.id));

test("bases and teachers are models of the catalog or repositories", () => {
  expect(
    offenders(({ entry }) =>
      [entry.base, entry.teacher].find((name) => name !== undefined && !ids.has(name) && !name.includes("/")),
    ),
  ).toEqual([]);
});
