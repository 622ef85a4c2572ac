import { describe, expect, it } from "vitest";
import { QualityLookup, type QualityModel } from "../../src/core/quality.js";
import { namedBits, qualityNotes } from "../../src/core/quality-notes.js";
import type { QuantReport } from "../../src/core/report.js";
import { qualityTable } from "../../src/sources/quality-table.js";
import { REPORT } from "../support/report.js";

const lookup = (name: string, parameters: number, architecture = "llama"): QualityLookup =>
  new QualityLookup(qualityTable(), { names: [name], architecture, parameters } satisfies QualityModel);

describe("quality of a quantization", () => {
  it("is measured on the family first, near in size", () => {
    expect(lookup("llama-3.1-8b", 8.03e9).of("Q4_K_M", 4.9)).toMatchObject({
      word: "small",
      basis: "same-family",
      perplexityIncreasePercent: { low: 2.43, high: 2.86 },
      models: ["Llama-3-8B", "Llama-3.1-8B"],
    });
    expect(lookup("llama-3.3-70b", 70.6e9).of("Q4_K_M", 4.9)?.models).toEqual(["Llama-3-70B"]);
  });

  it("falls back on the three nearest in size", () => {
    const quality = lookup("mistral-small-24b", 23.6e9).of("Q4_K_M", 4.9);
    expect(quality?.basis).toBe("nearest-size");
    expect(quality?.models).toHaveLength(3);
  });

  it("takes files of as many bits where the family has no recipe measured", () => {
    const quality = lookup("qwen3.5-2b", 1.9e9).of("Q4_K_M", 5.1);
    expect(quality).toMatchObject({ basis: "same-family", measuredBy: "bits" });
    expect(lookup("qwen3.5-2b", 1.9e9).of("Q4_0", 4.6)?.measuredBy).toBeUndefined();
  });

  it.each<[quant: string, word: string]>([
    ["Q8_0", "near-lossless"],
    ["Q6_K", "near-lossless"],
    ["Q5_K_M", "near-lossless"],
    ["Q4_K_M", "small"],
    ["Q4_0", "noticeable"],
    ["Q3_K_M", "noticeable"],
    ["Q2_K", "heavy"],
  ])("%s of Llama 3.1 8B is %s", (quant, word) => {
    expect(lookup("llama-3.1-8b", 8.03e9).of(quant, 5)?.word).toBe(word);
  });

  it("says nothing where nothing was measured", () => {
    expect(lookup("llama-3.1-8b", 8.03e9).of("UD-Q4_K_XL", 4.9)).toBeUndefined();
    expect(lookup("gpt-oss-20b", 20.9e9, "gpt-oss").of("Q4_K_M", 4.9)).toBeUndefined();
  });

  it("knows the published weights themselves", () => {
    expect(lookup("gpt-oss-20b", 20.9e9, "gpt-oss").of("MXFP4", 4.6)?.basis).toBe("reference");
    expect(lookup("llama-3.1-8b", 8.03e9).of("BF16", 16)?.basis).toBe("reference");
  });

  it("does not take one family for another by a shared beginning", () => {
    expect(lookup("codellama-34b", 33.7e9).of("Q4_K_M", 4.9)?.basis).toBe("nearest-size");
    expect(lookup("meta-llama/Llama-3.1-8B", 8.03e9).of("Q4_K_M", 4.9)?.basis).toBe("same-family");
  });
});

describe("warnings about quality", () => {
  const [row] = REPORT.quants;
  const quality = { word: "small", basis: "nearest-size", models: [], sources: [] } as const;
  const rows = (...quants: string[]): QuantReport[] =>
    quants.map((quant) => ({ ...(row as QuantReport), quant, quality }));
  const codes = (
    parameters: number,
    reasoning: boolean,
    quants: QuantReport[],
    cache: "f16" | "q4_0" = "f16",
  ): string[] =>
    qualityNotes({ parameters, reasoning }, quants, { ...REPORT.settings, cacheTypeK: cache }).map(({ code }) => code);

  it("come with small models at four bits, reasoning models at three, and a q4_0 cache", () => {
    expect(codes(2e9, false, rows("Q4_K_M"))).toEqual(["SMALL_MODEL_FOUR_BITS"]);
    expect(codes(2e9, false, rows("Q5_K_M", "Q8_0"))).toEqual([]);
    expect(codes(8e9, true, rows("Q3_K_M"))).toEqual(["REASONING_THREE_BITS"]);
    expect(codes(8e9, true, rows("Q4_K_M"))).toEqual([]);
    expect(codes(8e9, false, rows("Q8_0"), "q4_0")).toEqual(["CACHE_FOUR_BITS"]);
  });

  it.each([
    ["IQ4_XS", 4],
    ["UD-Q3_K_XL", 3],
    ["MXFP4", 4],
    ["F16", undefined],
  ])("%s says %s bits", (quant, bits) => expect(namedBits(quant)).toBe(bits));
});
