import { expect, test } from "vitest";
import { architectureById } from "../../src/architectures/registry.js";
import { Hyperparameters } from "../../src/core/hyperparameters.js";
import { countActiveParameters, countParameters } from "../../src/sources/parameters.js";
import { offenders } from "./models.js";

test("the total and active counts are those of the tensors", () => {
  expect(
    offenders(({ entry }) => {
      const architecture = architectureById(entry.architecture);
      if (architecture === undefined) return `architecture ${entry.architecture} is not known`;
      const hp = new Hyperparameters(entry.architecture, entry.hyperparameters);
      const tensors = architecture.tensors(hp);
      const names = new Set(tensors.map((tensor) => tensor.name));
      if (names.size !== tensors.length) return "a tensor is listed twice";
      const total = countParameters(tensors);
      if (total !== entry.parameters.total) return `total ${entry.parameters.total}, tensors ${total}`;
      const active = countActiveParameters(tensors, hp);
      if (active !== entry.parameters.active) return `active ${entry.parameters.active}, tensors ${active}`;
      return undefined;
    }),
  ).toEqual([]);
});

test("the published count is within 1 %, or the entry says why not", () => {
  expect(
    offenders(({ entry }) => {
      const { total, published, note } = entry.parameters;
      if (published === undefined || note !== undefined) return undefined;
      const off = total / published - 1;
      return Math.abs(off) <= 0.01 ? undefined : `${(100 * off).toFixed(2)} %`;
    }),
  ).toEqual([]);
});
