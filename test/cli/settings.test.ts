import { describe, expect, it } from "vitest";
import type { RawFlags } from "../../src/cli/options.js";
import { readRequest } from "../../src/cli/settings.js";
import { FitcheckError } from "../../src/core/errors.js";

describe("readRequest", () => {
  it("has llama.cpp's defaults and records all of them as assumed", () => {
    const { settings, assumed } = readRequest({});
    expect(settings).toEqual({
      parallel: 1,
      kvUnified: false,
      batch: 2048,
      ubatch: 512,
      cacheTypeK: "f16",
      cacheTypeV: "f16",
      flashAttention: "auto",
      swaFull: false,
      allLogits: false,
      kvOffload: true,
      runtime: "llama.cpp",
      marginBytes: 1024 ** 3,
    });
    expect([...assumed].sort()).toEqual(Object.keys(settings).sort());
  });

  it("assumes nothing that was given", () => {
    const { settings, assumed } = readRequest({ kv: "q8_0", cacheTypeV: "f16", kvOffload: false, parallel: "4" });
    expect(settings).toMatchObject({ cacheTypeK: "q8_0", cacheTypeV: "f16", kvOffload: false, parallel: 4 });
    for (const name of ["cacheTypeK", "cacheTypeV", "kvOffload", "parallel"]) expect(assumed).not.toContain(name);
  });

  it("reads lists of contexts, each once", () => {
    expect(readRequest({ ctx: "4k,16k,4096,max" }).contexts).toEqual([4096, 16_384, "max"]);
  });

  it("reads placements", () => {
    expect(readRequest({ gpuLayers: "auto" }).settings.gpuLayers).toBeUndefined();
    expect(readRequest({ gpuLayers: "all" }).settings.gpuLayers).toBe("all");
    expect(readRequest({ gpuLayers: "12", nCpuMoe: "3", tensorSplit: "3,1" }).settings).toMatchObject({
      gpuLayers: 12,
      cpuMoeLayers: 3,
      tensorSplit: [3, 1],
    });
  });

  it.each<RawFlags>([
    { ctx: "-5" },
    { ctx: "1e99" },
    { ctx: "0" },
    { ctx: "" },
    { ctx: "4k," },
    { ctx: "NaN" },
    { parallel: "0" },
    { parallel: "1.5" },
    { parallel: "100000" },
    { batchSize: "x" },
    { ubatchSize: "-1" },
    { kv: "q7_0" },
    { cacheTypeK: "__proto__" },
    { flashAttn: "maybe" },
    { margin: "abc" },
    { margin: "-1G" },
    { gpuLayers: "some" },
    { nCpuMoe: "-2" },
    { tensorSplit: "0,0" },
    { tensorSplit: "a" },
    { tensorSplit: "1,,1" },
    { runtime: "winamp" },
    { require: "tight" },
    { quant: "," },
  ])("refuses %o", (flags) => {
    expect(() => readRequest(flags)).toThrow(FitcheckError);
  });
});
