import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { MeasuredModel } from "../../src/core/quality.js";
import { qualityTable } from "../../src/sources/quality-table.js";
import { modelFiles } from "./models.js";

const { models } = qualityTable();
const broken = (check: (model: MeasuredModel) => boolean): string[] => models.filter(check).map(({ name }) => name);

test("the file of quality figures is shorter than 200 lines", () => {
  const text = readFileSync(new URL("../../data/quants.json", import.meta.url), "utf8");
  expect(text.split("\n").length - 1).toBeLessThan(200);
});

test("every measured model has a source, a figure and kin in the catalog", () => {
  const names = modelFiles.map(({ entry }) => entry.id);
  expect(broken(({ sources }) => sources.length === 0)).toEqual([]);
  expect(broken(({ perplexity, divergence, mixes }) => !perplexity && !divergence && !mixes)).toEqual([]);
  expect(broken(({ kin }) => !kin.every((family) => names.some((name) => name.startsWith(family))))).toEqual([]);
});

test("ranges go upwards and mixes downwards", () => {
  expect(
    broken(({ perplexity = {}, divergence = {} }) =>
      [...Object.values(perplexity), ...Object.values(divergence)].some(
        (value) => typeof value !== "number" && value[0] >= value[1],
      ),
    ),
  ).toEqual([]);
  expect(broken(({ mixes = [] }) => mixes.some(([bits], at) => at > 0 && bits > (mixes[at - 1]?.[0] ?? 0)))).toEqual(
    [],
  );
});
