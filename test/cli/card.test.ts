import { describe, expect, it } from "vitest";
import { listModels } from "../../src/sources/model-index.js";
import { fitcheck } from "../support/io.js";

const FLAGSHIP = "deepseek-r1-mistral-24b";

describe("fitcheck card", () => {
  it("says what the pages say, in a terminal, in Markdown and as JSON", async () => {
    const { out, code } = await fitcheck(`card ${FLAGSHIP}`, { columns: 80 });
    expect(code).toBe(0);
    const parts = [
      "In short:",
      "Strengths:",
      "Limitations:",
      "What breaks first:",
      "Common mistakes:",
      "Licence and lineage:",
      "Hardware:",
      "Quantizations at 8,192 tokens:",
      "Measured speeds:",
      "Worth comparing:",
      "How to run it:",
      "Sources:",
    ];
    let from = 0;
    for (const part of parts) {
      const at = out.indexOf(part, from);
      expect([part, at > from]).toEqual([part, true]);
      from = at;
    }
    // Nothing but a single word is wider than the terminal.
    expect(out.split("\n").filter((line) => line.length > 80 && line.trim().split(" ").length > 2)).toEqual([]);
    expect((await fitcheck(`card ${FLAGSHIP} --format markdown`)).out).toContain("## What breaks first\n");
  });

  it("answers the three questions as data", async () => {
    const card = JSON.parse((await fitcheck(`card ${FLAGSHIP} --json`)).out);
    expect(card.answers).toMatchObject({ commercialUse: "yes", contextLength: 32_768 });
    expect(card.answers.minimumBytes).toBe(card.hardware.minimum.totalBytes);
    expect(card.lineage).toMatchObject({ base: "mistral-small-24b", teacher: "deepseek-r1" });
    expect(card.quants.find((row: { quant: string }) => row.quant === "Q4_K_M").quality.sources.length).toBeGreaterThan(
      0,
    );
  });

  it("computes the hardware with the estimator", async () => {
    const { hardware } = JSON.parse((await fitcheck(`card ${FLAGSHIP} --json`)).out);
    for (const need of [hardware.minimum, hardware.comfortable]) {
      const [smallest] = need.groups;
      const line = `${FLAGSHIP} -q ${need.quant} -c ${need.contextLength} --gpu ${smallest.cards[0].id} --ram 64G --json`;
      const [row] = JSON.parse((await fitcheck(line)).out).quants;
      expect(row.verdict).toBe("full");
    }
    expect(hardware.comfortable.totalBytes).toBeGreaterThan(hardware.minimum.totalBytes);
  });

  it("takes its base, its teacher and its siblings from the catalog", async () => {
    const { compare, lineage } = JSON.parse((await fitcheck("card qwen3-8b --json")).out);
    const ids = new Set(listModels().map(({ id }) => id));
    const named = [...compare.same, ...compare.smaller, ...compare.larger].map(({ id }: { id: string }) => id);
    expect([...named, ...lineage.siblings].filter((id: string) => !ids.has(id))).toEqual([]);
    expect(named).not.toContain("qwen3-8b");
    expect(compare.smaller[0].parameters).toBeLessThan(compare.larger[0].parameters);
  });

  it("shows speeds with their source", async () => {
    const { speeds } = JSON.parse((await fitcheck("card gpt-oss-20b --json")).out);
    expect(speeds.length).toBeGreaterThan(5);
    expect(speeds.every((row: { source: string }) => row.source.length > 5)).toBe(true);
  });

  it("takes one model", async () => {
    expect((await fitcheck("card")).code).toBe(2);
    expect((await fitcheck("card qwen3-8b qwen3-4b")).err).toContain("takes one model");
    expect((await fitcheck("card no-such-model")).code).toBe(2);
  });

  it("has a page for every model of the catalog", async () => {
    const wrong: string[] = [];
    for (const { id } of listModels()) {
      const { code, out } = await fitcheck(`card ${id}`);
      const [, kind = "", about = ""] = out.split("\n");
      if (code !== 0 || !/ model/.test(kind) || !about.endsWith(".") || /undefined|NaN/.test(out)) wrong.push(id);
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe("fitcheck compare", () => {
  const hardware = "--gpu rtx-4060 --ram 32G";

  it("holds models against each other in every format", async () => {
    const line = `compare qwen3-8b llama-3.1-8b --ctx 16k ${hardware}`;
    const { out, code } = await fitcheck(line);
    expect(code).toBe(0);
    expect(out).toMatch(/Pick here +\S+ +\S+/);
    expect((await fitcheck(`${line} --format markdown`)).out).toContain("|  | qwen3-8b | llama-3.1-8b |");
    expect((await fitcheck(`${line} --format csv`)).out).toContain(",qwen3-8b,llama-3.1-8b");
  });

  it("says of each model what the main answer says", async () => {
    const { models } = JSON.parse((await fitcheck(`compare qwen3-8b gpt-oss-20b --ctx 16k --json ${hardware}`)).out);
    for (const { model, pick } of models) {
      const report = JSON.parse((await fitcheck(`${model.id} -c 16k --json --exit-zero ${hardware}`)).out);
      expect(pick.quant).toBe(report.recommended.quant);
      expect(pick.required).toEqual(report.quants.find((row: { quant: string }) => row.quant === pick.quant).required);
    }
  });

  it("loses no model in a narrow terminal", async () => {
    const { out } = await fitcheck(`compare qwen3-8b llama-3.1-8b gemma-3-12b ${hardware}`, { columns: 50 });
    for (const id of ["qwen3-8b", "llama-3.1-8b", "gemma-3-12b"]) expect(out).toContain(id);
  });

  it("needs two models and one context", async () => {
    expect((await fitcheck(`compare qwen3-8b ${hardware}`)).code).toBe(2);
    expect((await fitcheck(`compare qwen3-8b qwen3-4b -c max ${hardware}`)).code).toBe(2);
  });
});
