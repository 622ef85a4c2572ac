import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type FamilyFile, familyFile } from "../../src/sources/prose.js";
import { modelFiles } from "./models.js";

const folder = new URL("../../data/families/", import.meta.url);
const files = readdirSync(folder).map((name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  return { name, text, file: JSON.parse(text) as FamilyFile };
});
const byFamily = new Map(files.map(({ file }) => [file.family, file]));

/** Every sentence of a file, its models' included. */
function sentences(file: FamilyFile): string[] {
  return [file, ...Object.values(file.models ?? {})].flatMap((prose) => [
    ...(prose.about === undefined ? [] : [prose.about]),
    ...(prose.strengths ?? []),
    ...(prose.limitations ?? []),
    ...(prose.breaksFirst ?? []),
    ...(prose.mistakes ?? []),
  ]);
}

describe("prose of the families", () => {
  test("every family of the catalog has a file, and every file a family", () => {
    const families = new Set(modelFiles.map(({ entry }) => entry.family));
    expect([...families].filter((family) => !byFamily.has(family))).toEqual([]);
    expect([...byFamily.keys()].filter((family) => !families.has(family))).toEqual([]);
  });

  test("a file is named after its family and shorter than 200 lines", () => {
    const wrong = files.filter(
      ({ name, text, file }) => name !== `${familyFile(file.family)}.json` || text.split("\n").length > 200,
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("what it is for is one sentence", () => {
    const wrong = files.filter(({ file }) => !/^[A-Z0-9].{15,160}\.$/.test(file.about));
    expect(wrong.map(({ file }) => file.about)).toEqual([]);
  });

  test("sentences are short and none stands twice", () => {
    for (const { name, file } of files) {
      const all = sentences(file);
      expect([name, all.filter((sentence) => sentence.length > 170)]).toEqual([name, []]);
      expect([name, new Set(all).size]).toEqual([name, all.length]);
    }
  });

  test("nothing is sold", () => {
    const words = /\b(best|state-of-the-art|powerful|amazing|revolutionary|cutting-edge|blazing|seamless|unmatched)\b/i;
    expect(files.flatMap(({ file }) => sentences(file).filter((sentence) => words.test(sentence)))).toEqual([]);
  });

  test("every file names its sources", () => {
    const wrong = files.filter(
      ({ file }) => file.sources.length === 0 || !file.sources.every((source) => source.startsWith("https://")),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("models that it speaks of are of the family", () => {
    const ids = new Map(modelFiles.map(({ entry }) => [entry.id, entry.family]));
    const wrong = files.flatMap(({ file }) =>
      Object.keys(file.models ?? {}).filter((id) => ids.get(id) !== file.family),
    );
    expect(wrong).toEqual([]);
  });
});
