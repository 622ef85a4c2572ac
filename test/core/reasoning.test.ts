import { describe, expect, it } from "vitest";
import { adviseReasoning, reasoningNotes } from "../../src/core/reasoning.js";
import { fitcheck } from "../support/io.js";
import { REPORT } from "../support/report.js";

const row = REPORT.quants.find(({ quant }) => quant === "Q6_K");
const at = (contextLength: number) => ({ ...REPORT.settings, contextLength });

describe("what thinking takes", () => {
  it("is a published range, the context for it and the wait", () => {
    const advice = adviseReasoning({ kind: "code", automatic: false }, 24e9, at(16_384), row);
    expect(advice.budgetTokens).toEqual({ low: 3000, high: 8000 });
    expect(advice.contextLength).toBe(10_240);
    expect(advice.waitSeconds?.high).toBeCloseTo(8000 / 44.2);
  });

  it("is more for small models and for several sequences", () => {
    const advice = adviseReasoning({ kind: "chat", automatic: false }, 2e9, { ...at(16_384), parallel: 2 }, row);
    expect(advice.budgetTokens.high).toBe(4500);
    expect(advice.contextLength).toBe(2 * 7168);
  });

  it.each<[kind: "chat" | "hard", context: number, trained: number, code: string[]]>([
    ["chat", 8192, 32_768, []],
    ["chat", 4096, 32_768, ["REASONING_CONTEXT_SHORT"]],
    ["hard", 32_768, 32_768, ["REASONING_DOES_NOT_FIT"]],
    ["hard", 8192, 16_384, ["REASONING_ABOVE_TRAINED"]],
  ])("%s at %i tokens of %i: %j", (kind, context, trained, codes) => {
    const settings = at(context);
    const advice = adviseReasoning({ kind, automatic: false }, 24e9, settings, row);
    expect(reasoningNotes(advice, settings, trained, row).map(({ code }) => code)).toEqual(codes);
  });
});

describe("--reasoning", () => {
  const tail = "-q Q4_K_M --gpu rtx-4090 --ram 64G --json";
  const kind = async (line: string) => JSON.parse((await fitcheck(line)).out).reasoning;

  it("is automatic for reasoning models only", async () => {
    expect(await kind(`deepseek-r1-distill-llama-8b ${tail}`)).toMatchObject({ kind: "code", automatic: true });
    expect(await kind(`llama-3.1-8b ${tail}`)).toBeUndefined();
  });

  it("takes a kind or none, and leaves the model alone", async () => {
    expect(await kind(`--reasoning llama-3.1-8b ${tail}`)).toMatchObject({ kind: "code", automatic: false });
    expect(await kind(`llama-3.1-8b --reasoning hard ${tail}`)).toMatchObject({ kind: "hard" });
    expect((await fitcheck(`llama-3.1-8b --reasoning=never ${tail}`)).code).toBe(2);
  });
});
