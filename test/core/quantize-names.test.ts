import { describe, expect, it } from "vitest";
import { findQuant, parseQuant, quantByFileType } from "../../src/core/quantize-names.js";
import { QUANT_IDS } from "../../src/core/quantize-recipes.js";

describe("the name of a quantization", () => {
  it.each([
    ["Q4_K_M", "Q4_K_M"],
    ["q4_k_m", "Q4_K_M"],
    [":Q4_K_M", "Q4_K_M"],
    ["q4km", "Q4_K_M"],
    ["Q4-K-M", "Q4_K_M"],
    ["Q4_K", "Q4_K_M"],
    ["iq3xxs", "IQ3_XXS"],
    ["q8", undefined],
    ["fp16", "F16"],
    ["MXFP4_MOE", "MXFP4"],
    ["UD-Q4_K_XL", undefined],
    ["", undefined],
  ])("%s is %s", (text, quant) => {
    expect(findQuant(text)).toBe(quant);
  });

  it("is found as it is printed", () => {
    for (const quant of QUANT_IDS) expect(parseQuant(quant)).toBe(quant);
  });

  it("that is unknown is answered with near ones", () => {
    expect(() => parseQuant("Q4_X")).toThrow(
      expect.objectContaining({
        code: "BAD_VALUE",
        message: 'quantization "Q4_X" is not known',
        suggestions: ["Q4_1", "Q4_K_M", "Q4_K_S", "Q4_0"],
      }),
    );
    expect(() => parseQuant("zzz")).toThrow(expect.objectContaining({ suggestions: [] }));
  });

  it("is a number in a GGUF", () => {
    expect(quantByFileType(15)).toBe("Q4_K_M");
    expect(quantByFileType(38)).toBe("MXFP4");
    expect(quantByFileType(1024)).toBeUndefined();
  });
});
