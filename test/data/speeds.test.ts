import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findQuant } from "../../src/core/quantize-names.js";
import type { SpeedFile } from "../../src/sources/speeds.js";
import { modelFiles } from "./models.js";

const folder = new URL("../../data/speeds/", import.meta.url);
const files = readdirSync(folder).map((name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  return { name, text, file: JSON.parse(text) as SpeedFile };
});
const broken = (check: (file: SpeedFile) => boolean): string[] =>
  files.filter(({ file }) => check(file)).map(({ name }) => name);

test("measured speeds are of models of the catalog, in files named after them, shorter than 200 lines", () => {
  const ids = new Set(modelFiles.map(({ entry }) => entry.id));
  expect(broken(({ model }) => !ids.has(model))).toEqual([]);
  expect(files.filter(({ name, file }) => name !== `${file.model}.json`)).toEqual([]);
  expect(files.filter(({ text }) => text.split("\n").length > 200).map(({ name }) => name)).toEqual([]);
});

test("every measured speed has a source, and every source is used", () => {
  expect(
    broken(({ sources, speeds }) => {
      const used = new Set(speeds.map(({ source }) => source));
      return speeds.length === 0 || used.size !== sources.length || !speeds.every(({ source }) => sources[source]);
    }),
  ).toEqual([]);
});

test("measured speeds are sorted, positive and of known quantizations", () => {
  const key = ({ gpu, quant }: SpeedFile["speeds"][number]): string => `${gpu}\t${quant}`;
  expect(broken(({ speeds }) => speeds.some((row, at) => at > 0 && key(row) < key(speeds[at - 1] ?? row)))).toEqual([]);
  expect(
    broken(({ speeds }) => speeds.some(({ tokensPerSecond }) => Math.min(...[tokensPerSecond].flat()) <= 0)),
  ).toEqual([]);
  expect(
    broken(({ speeds }) => speeds.some(({ quant }) => !quant.startsWith("UD-") && findQuant(quant) === undefined)),
  ).toEqual([]);
});
