import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { findModelId } from "../../src/sources/catalog.js";
import { loadModel } from "../../src/sources/load-model.js";
import { listModels } from "../../src/sources/model-index.js";

/** What people type, the model they mean, and how the name differs: `test/fixtures/typed-names.tsv`. */
const NAMES = readFileSync(new URL("../fixtures/typed-names.tsv", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t") as [typed: string, meant: string, how: string]);

interface Outcome {
  readonly found?: string;
  readonly suggested: readonly string[];
}

async function lookUp(name: string): Promise<Outcome> {
  try {
    return { found: (await loadModel(name, { environment: {} })).id, suggested: [] };
  } catch (error) {
    if (!(error instanceof FitcheckError)) throw error;
    return { suggested: error.suggestions };
  }
}

describe("names that people type", () => {
  it("are two hundred or more, of every kind", () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(200);
    expect(new Set(NAMES.map(([, , how]) => how))).toEqual(
      new Set(["case", "vendor", "tag", "quant", "instruct", "typo"]),
    );
  });

  it("never end at another model", async () => {
    const wrong: string[] = [];
    for (const [typed, meant] of NAMES) {
      const { found } = await lookUp(typed);
      if (found !== undefined && found !== meant) wrong.push(`${typed} -> ${found}`);
    }
    expect(wrong).toEqual([]);
  });

  it("end at the model, or are suggested honestly", async () => {
    const lost: string[] = [];
    for (const [typed, meant] of NAMES) {
      const { found, suggested } = await lookUp(typed);
      if (found !== meant && !suggested.includes(meant)) lost.push(`${typed} (${meant}): ${suggested.join(" ")}`);
    }
    expect(lost).toEqual([]);
  });

  it("are found at once unless they are mistyped", async () => {
    const missed: string[] = [];
    for (const [typed, , how] of NAMES) {
      if (how !== "typo" && (await lookUp(typed)).found === undefined) missed.push(typed);
    }
    expect(missed).toEqual([]);
  });
});

describe("every model of the catalog", () => {
  it("with one letter left out is found as itself or not at all, but where that is another's own name", () => {
    const others: string[] = [];
    for (const { id } of listModels()) {
      for (let at = 1; at < id.length; at++) {
        if (!/[a-z]/.test(id[at] ?? "")) continue;
        const typed = id.slice(0, at) + id.slice(at + 1);
        const found = findModelId(typed);
        if (found !== undefined && found !== id) others.push(`${typed} -> ${found}`);
      }
    }
    expect(others).toEqual(["gemma-2 -> gemma-2-9b", "glm-4.5 -> glm-4.5", "granite-4.0--micro -> granite-4.0-micro"]);
  });
});
