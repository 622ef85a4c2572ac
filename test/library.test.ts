import { describe, expect, it } from "vitest";
import { fit as answer, estimateMemory, FitcheckError, givenHardware, loadModel } from "../src/index.js";

const hardware = givenHardware({ gpu: "rtx 4090", ram: "64GiB" });

describe("the library", () => {
  it.each([
    { contextLength: -1 },
    { contextLength: Number.NaN },
    { contextLength: 1.5 },
    { parallel: 0 },
    { ubatch: 0 },
    { marginBytes: -5 },
    { gpuLayers: -1 },
    { cacheTypeK: "q3" as "q8_0" },
  ])("refuses %o instead of answering with no number", async (settings) => {
    const model = await loadModel("llama-3.1-8b");
    expect(() => answer(model, hardware, settings)).toThrow(FitcheckError);
    const request = { quant: "Q4_K_M", contextLength: 8192, ...settings };
    if (!("marginBytes" in settings)) expect(() => estimateMemory(model, request)).toThrow(FitcheckError);
  });

  it("takes what is undefined for left out", async () => {
    const model = await loadModel("llama-3.1-8b");
    const settings = { contextLength: undefined } as unknown as { contextLength: number };
    const report = answer(model, hardware, settings, { quants: ["Q4_K_M"] });
    expect(report).toMatchObject({ settings: { contextLength: 8192 }, quants: [{ verdict: "full" }] });
    expect(report.assumed).toContain("contextLength");
  });

  it("estimates no quantization that was not named, where there are several", async () => {
    const model = await loadModel("llama-3.1-8b");
    expect(() => estimateMemory(model, { contextLength: 8192 })).toThrow("comes in");
  });
});
