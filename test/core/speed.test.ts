import { describe, expect, it } from "vitest";
import { fit as fitModel } from "../../src/core/fit.js";
import type { QuantReport } from "../../src/core/report.js";
import { DEFAULT_SETTINGS, type Settings } from "../../src/core/settings.js";
import { speedClassOf } from "../../src/core/speed-class.js";
import { GiB } from "../../src/core/units.js";
import { findGpu } from "../../src/hardware/catalog.js";
import { type GivenSpec, givenHardware } from "../../src/hardware/given.js";
import { findModel } from "../../src/sources/catalog.js";
import { modelOfEntry } from "../../src/sources/catalog-model.js";

const TOOL = { name: "fitcheck", version: "0.0.0-test", dataDate: "2026-01-01" };

function report(model: string, quants: string[], spec: GivenSpec, settings: Partial<Settings> = {}) {
  const entry = findModel(model);
  if (!entry) throw new Error(model);
  const hardware = givenHardware(spec, { totalBytes: 64 * GiB });
  return fitModel(
    modelOfEntry(entry),
    hardware,
    { ...DEFAULT_SETTINGS, contextLength: 8192, ...settings },
    { tool: TOOL, quants },
  );
}

function quantOf(...args: Parameters<typeof report>): QuantReport {
  return report(...args).quants[0] as QuantReport;
}

function speedOf(...args: Parameters<typeof report>) {
  const { speed } = quantOf(...args);
  if (!speed) throw new Error("no speed");
  return speed.decodeTokensPerSecond;
}

describe("decode speed", () => {
  it("lies within its band", () => {
    const { low, expected, high } = speedOf("llama-3.1-8b", ["Q4_K_M"], { gpu: "rtx 4090" });
    expect(low).toBeLessThan(expected);
    expect(expected).toBeLessThan(high);
  });

  it("never exceeds the bandwidth over the weights read", () => {
    const { high } = speedOf("llama-3-70b", ["Q8_0"], { gpu: "b200" });
    expect(high).toBeLessThan(8e12 / 70e9);
  });

  it("falls with the context and with the bits of a weight", () => {
    const spec = { gpu: "rtx 4090" };
    const at = (quant: string, contextLength: number) =>
      speedOf("llama-3.1-8b", [quant], spec, { contextLength }).expected;
    expect(at("Q4_K_M", 65_536)).toBeLessThan(at("Q4_K_M", 8192));
    expect(at("Q8_0", 8192)).toBeLessThan(at("Q4_K_M", 8192));
  });

  it("is that of the active experts only", () => {
    const spec = { gpu: "rtx 5090" };
    const experts = speedOf("qwen3-30b-a3b", ["Q4_K_M"], spec).expected;
    const dense = speedOf("qwen3-32b", ["Q4_K_M"], spec).expected;
    expect(experts).toBeGreaterThan(2.5 * dense);
  });

  it("gains from a quantized cache at a long context", () => {
    const at = (type: "f16" | "q8_0") =>
      speedOf(
        "llama-3.1-8b",
        ["Q4_K_M"],
        { gpu: "rtx 4090" },
        { contextLength: 65_536, cacheTypeK: type, cacheTypeV: type },
      );
    expect(at("q8_0").expected).toBeGreaterThan(at("f16").expected);
  });

  it("is no higher on two cards than on one", () => {
    const one = speedOf("llama-3.1-8b", ["Q4_K_M"], { gpu: "rtx 3090" }).expected;
    const two = speedOf("llama-3.1-8b", ["Q4_K_M"], { gpu: "2x3090" }).expected;
    expect(two).toBeLessThan(one);
    expect(two).toBeGreaterThan(0.9 * one);
  });

  it("is far lower, and less certain, with part of the model in RAM", () => {
    const partial = quantOf("qwen3-32b", ["Q8_0"], { gpu: "rtx 4090" });
    expect(partial.verdict).toBe("partial");
    const { low, expected, high } = partial.speed?.decodeTokensPerSecond ?? { low: 0, expected: 0, high: 0 };
    expect(expected).toBeLessThan(10);
    expect(high / low).toBeGreaterThan(3);
  });

  it("takes nothing from RAM when all is on the GPU, whatever lies on the host", () => {
    for (const model of ["gemma-4-e2b", "gemma-3n-e4b", "llama-3.2-1b", "gpt-oss-20b"]) {
      const { speed } = quantOf(model, [model.startsWith("gpt") ? "MXFP4" : "Q4_K_M"], { gpu: "rtx 4090" });
      const { low, high } = speed?.decodeTokensPerSecond ?? { low: 0, high: 1 };
      expect(high / low, model).toBeLessThan(3.5);
    }
  });

  it("says where it assumes how fast the RAM is", () => {
    const notes = (spec: GivenSpec) => report("llama-3.1-8b", ["Q8_0"], spec).notes.map(({ code }) => code);
    expect(notes({ gpu: "none" })).toContain("SPEED_ASSUMES_RAM");
    expect(notes({ gpu: "rtx 3060 12gb", vram: "6GiB" })).toContain("SPEED_ASSUMES_RAM");
    expect(notes({ gpu: "rtx 4090" })).not.toContain("SPEED_ASSUMES_RAM");
    expect(notes({ gpu: "m4 max 64gb" })).not.toContain("SPEED_ASSUMES_RAM");
  });

  it("is left out where the bandwidth is unknown, or nothing was measured on a like card", () => {
    expect(quantOf("qwen3-8b", ["Q4_K_M"], { vram: "12GiB" }).speed).toBeUndefined();
    expect(quantOf("qwen3-8b", ["Q4_K_M"], { gpu: "mi50" }).speed).toBeUndefined();
  });

  it("does not grow below the size of Q2_K", () => {
    const at = (quant: string) => speedOf("llama-3.1-8b", [quant], { gpu: "rtx 4090" }).expected;
    expect(at("IQ1_S")).toBeLessThan(1.1 * at("Q2_K_S"));
  });
});

describe("class of a device", () => {
  it.each([
    ["rtx 4090", "nvidia"],
    ["rtx 2080 ti", "nvidia"],
    ["t4", "nvidia"],
    ["a10", "nvidia"],
    ["a100 pcie 80gb", "nvidia-hbm"],
    ["h100 sxm", "nvidia-hbm"],
    ["v100 sxm2 32gb", "nvidia-hbm"],
    ["b200", "nvidia-hbm"],
    ["gtx 1080 ti", "nvidia-pascal"],
    ["gb10", "nvidia-unified"],
    ["m1 max 64gb", "apple-m1"],
    ["m3 ultra 256gb", "apple-m2"],
    ["m4 pro 48gb", "apple-m4"],
    ["rx 7900 xtx", "amd"],
    ["radeon 8060s", "amd-unified"],
    ["mi50 32gb", undefined],
    ["arc b580", "intel"],
  ])("%s", (name, expected) => {
    const match = findGpu(name);
    if (match.kind !== "match") throw new Error(`${name}: ${match.kind}`);
    const { vendor, ...gpu } = match.gpu;
    const device = { ...gpu, vendor: vendor === "qualcomm" ? ("unknown" as const) : vendor, catalogId: gpu.id };
    expect(speedClassOf(device)).toBe(expected);
  });
});
