import { describe, expect, it } from "vitest";
import { fitcheck } from "../support/io.js";

interface Listed {
  readonly id: string;
  readonly family: string;
  readonly parameters: number;
  readonly contextLength: number;
  readonly license?: string;
  readonly commercial?: string;
  readonly tags: readonly string[];
  readonly fits?: string;
}

async function listed(line: string): Promise<Listed[]> {
  const { out } = await fitcheck(`models ${line} --json`);
  return JSON.parse(out).models;
}

describe("fitcheck models", () => {
  it.each<[line: string, holds: (model: Listed) => boolean]>([
    ["--task code", ({ tags }) => tags.includes("code")],
    ["--family gemma", ({ family }) => /gemma/i.test(family)],
    ["--size 7..9", ({ parameters }) => parameters >= 7e9 && parameters <= 9e9],
    ["--size ..1b", ({ parameters }) => parameters <= 1e9],
    ["--size 200..", ({ parameters }) => parameters >= 200e9],
    ["--size 8", ({ parameters }) => parameters > 6.7e9 && parameters < 9.3e9],
    ["--license apache", ({ license }) => license === "Apache-2.0"],
    ["--license commercial", ({ commercial }) => commercial === "yes" || commercial === "conditions"],
    ["--ctx 200k", ({ contextLength }) => contextLength >= 204_800],
    ["qwen --task vision --size ..8", ({ id, tags }) => id.includes("qwen") && tags.includes("vision")],
  ])("%s", async (line, holds) => {
    const models = await listed(line);
    expect(models.length).toBeGreaterThan(0);
    expect(models.filter((model) => !holds(model))).toEqual([]);
  });

  it("--fits agrees with the main answer", async () => {
    const hardware = "--gpu rtx-3060-12gb --ram 32G";
    const models = await listed(`--fits --size 7..15 --task chat ${hardware}`);
    expect(models.length).toBeGreaterThan(5);
    for (const { id, fits } of models.slice(0, 4)) {
      const { out, code } = await fitcheck(`${id} -q ${fits} --json ${hardware}`);
      expect([id, code, JSON.parse(out).quants[0].verdict]).toEqual([id, 0, "full"]);
    }
    const ids = models.map(({ id }) => id);
    const { out } = await fitcheck(`mistral-nemo-12b -q Q4_K_M,Q5_K_M --json ${hardware}`);
    expect(ids.includes("mistral-nemo-12b")).toBe(
      JSON.parse(out).quants.some((row: { verdict: string }) => row.verdict === "full"),
    );
  });

  it("says what it did not find, and what it does not understand", async () => {
    expect(await fitcheck("models mistral --family llama")).toMatchObject({ code: 1 });
    expect((await fitcheck("models --size 1..2..3")).err).toContain("is no range");
    expect((await fitcheck("models --task cooking")).err).toContain("is not one of");
  });
});
