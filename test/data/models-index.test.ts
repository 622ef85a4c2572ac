import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generate } from "../../scripts/model-index.mjs";
import { DATA } from "./models.js";

test("the index and the list of names are up to date (node scripts/model-index.mjs)", () => {
  for (const [file, text] of Object.entries(generate(new URL("models/", DATA)))) {
    expect(readFileSync(new URL(file, DATA), "utf8") === text, file).toBe(true);
  }
});
