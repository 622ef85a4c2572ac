import { describe, expect, it } from "vitest";
import type { Quality } from "../../src/core/quality.js";
import { qualityWords } from "../../src/render/quality.js";

const MEASURED: Quality = {
  word: "small",
  basis: "same-family",
  perplexityIncreasePercent: { low: 2.43, high: 2.86 },
  klDivergence: { low: 0.0282, high: 0.0313 },
  models: ["Llama-3-8B", "Llama-3.1-8B"],
  sources: ["somewhere"],
};

describe("quality in words", () => {
  it.each<[Partial<Quality>, string]>([
    [{}, "small loss, perplexity +2.4 to 2.9 % (measured on Llama-3-8B, Llama-3.1-8B)"],
    [
      { perplexityIncreasePercent: { low: -0.01, high: 0.14 }, word: "near-lossless" },
      "near-lossless, perplexity -0.01 to 0.14 %",
    ],
    [{ perplexityIncreasePercent: { low: 832, high: 874 }, word: "heavy" }, "heavy loss, perplexity +832 to 874 %"],
    [{ measuredBy: "bits", models: ["Qwen3.5-2B"] }, "(files of as many bits on Qwen3.5-2B)"],
    [{ basis: "reference" }, "the published weights, nothing lost"],
  ])("%j", (change, words) => {
    expect(qualityWords({ ...MEASURED, ...change })).toContain(words);
  });

  it("falls back on the divergence", () => {
    const { perplexityIncreasePercent: _, ...quality } = MEASURED;
    expect(qualityWords(quality)).toContain("KL divergence 0.028 to 0.031");
  });
});
