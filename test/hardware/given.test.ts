import { describe, expect, it } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { type GivenSpec, givenHardware } from "../../src/hardware/given.js";
import { GIB, MIB } from "./fakes.js";

const HOST = { totalBytes: 32 * GIB, availableBytes: 20 * GIB };
const given = (spec: GivenSpec) => givenHardware(spec, HOST);

const failure = (spec: GivenSpec): FitcheckError => {
  try {
    given(spec);
  } catch (error) {
    if (error instanceof FitcheckError) return error;
  }
  throw new Error("expected a FitcheckError");
};

describe("pretend hardware", () => {
  it("has the memory its driver reports, this machine's RAM and the source of both figures", () => {
    const { source, devices, host, notes } = given({ gpu: "rtx 4090" });
    expect(source).toBe("given");
    expect(devices).toEqual([
      {
        id: "CUDA0",
        name: "NVIDIA GeForce RTX 4090",
        vendor: "nvidia",
        backend: "cuda",
        memory: "discrete",
        totalBytes: 24564 * MIB,
        usableBytes: 24564 * MIB,
        bandwidthBytesPerSecond: 1008.4e9,
        computeCapability: "8.9",
        catalogId: "rtx-4090",
        sources: { totalBytes: expect.any(String), bandwidthBytesPerSecond: expect.stringContaining("https://") },
      },
    ]);
    expect(host).toEqual(HOST);
    expect(notes).toEqual([]);
  });

  it.each([
    ["2x3090", ["CUDA0 rtx-3090", "CUDA1 rtx-3090"]],
    ["2 x rtx 3090", ["CUDA0 rtx-3090", "CUDA1 rtx-3090"]],
    ["3090 x2", ["CUDA0 rtx-3090", "CUDA1 rtx-3090"]],
    ["3090x2", ["CUDA0 rtx-3090", "CUDA1 rtx-3090"]],
    ["2×3090", ["CUDA0 rtx-3090", "CUDA1 rtx-3090"]],
    ["rtx 3090,rtx 3060 12gb", ["CUDA0 rtx-3090", "CUDA1 rtx-3060-12gb"]],
    ["rtx 4090, 2x 7900xtx", ["CUDA0 rtx-4090", "ROCm0 rx-7900-xtx", "ROCm1 rx-7900-xtx"]],
    ["arc b580", ["Vulkan0 arc-b580"]],
    ["rx 580", ["Vulkan0 rx-580"]],
    ["m4 max 128gb", ["MTL0 m4-max-40core-128gb"]],
    ["ryzen ai max+ 395 128gb", ["ROCm0 radeon-8060s"]],
    ["none", []],
    ["NONE", []],
  ])("%s", (gpu, devices) => {
    expect(given({ gpu }).devices.map((one) => `${one.id} ${one.catalogId}`)).toEqual(devices);
  });

  it("says which variant was taken", () => {
    expect(given({ gpu: "2x a100 80gb" }).notes).toEqual([
      { code: "GPU_VARIANT_ASSUMED", args: { name: "NVIDIA A100 PCIe 80GB", others: "NVIDIA A100 SXM4 80GB" } },
    ]);
  });

  it("bounds a Mac by Metal's limit and takes its RAM as the host's", () => {
    const { devices, host, notes } = given({ gpu: "m3 max 64gb" });
    expect(devices).toMatchObject([
      { memory: "unified", totalBytes: 64 * GIB, usableBytes: Math.floor(64 * GIB * 0.81) },
    ]);
    expect(host).toEqual({ totalBytes: 64 * GIB });
    expect(notes).toMatchObject([{ code: "APPLE_LIMIT_ASSUMED", args: { macos: 26, olderLimitBytes: 48 * GIB } }]);
    expect(given({ gpu: "m3 max 64gb", vram: "60G" }).devices[0]?.usableBytes).toBe(60 * GIB);
  });

  it("gives a chip without memory of its own a share of the RAM: typed, --ram, or this machine's", () => {
    const pool = (spec: GivenSpec) => [given(spec).devices[0]?.usableBytes, given(spec).host.totalBytes];
    expect(pool({ gpu: "strix halo 128gb" })).toEqual([96 * GIB, 128 * GIB]);
    expect(pool({ gpu: "780m", ram: "64G" })).toEqual([32 * GIB, 64 * GIB]);
    expect(pool({ gpu: "780m" })).toEqual([16 * GIB, 32 * GIB]);
    expect(pool({ gpu: "strix halo 128gb", vram: "110G" })).toEqual([110 * GIB, 128 * GIB]);
    expect(given({ gpu: "780m" }).notes).toMatchObject([{ code: "SHARED_POOL_ASSUMED" }]);
  });

  it("takes the RAM of a GB10 as its memory", () => {
    const { devices, host } = given({ gpu: "dgx spark" });
    expect(devices[0]).toMatchObject({ memory: "unified", totalBytes: 124610 * MIB });
    expect(host.totalBytes).toBe(124610 * MIB);
  });

  it("takes sizes for all, for each, and without a name", () => {
    const sizes = (spec: GivenSpec) => given(spec).devices.map((one) => one.usableBytes);
    expect(sizes({ gpu: "2x3090", vram: "20G" })).toEqual([20 * GIB, 20 * GIB]);
    expect(sizes({ gpu: "2x3090", vram: "24G,20G" })).toEqual([24 * GIB, 20 * GIB]);
    expect(sizes({ vram: ["24G", "12GB"] })).toEqual([24 * GIB, 12e9]);
    expect(given({ vram: "24G" })).toMatchObject({
      devices: [{ id: "CUDA0", name: "GPU", vendor: "unknown" }],
      notes: [{ code: "VRAM_WITHOUT_GPU" }],
    });
    expect(given({ gpu: "4090", ram: "128G" }).host).toEqual({ totalBytes: 128 * GIB });
  });
});

describe("what is not hardware", () => {
  it.each<[GivenSpec, string, string[]]>([
    [{ gpu: "3060" }, "UNKNOWN_GPU", ["rtx-3060-8gb", "rtx-3060-12gb"]],
    [{ gpu: "m1" }, "UNKNOWN_GPU", ["m1-8gb", "m1-16gb"]],
    [{ gpu: "xyz" }, "UNKNOWN_GPU", []],
    [{ gpu: "-5" }, "UNKNOWN_GPU", []],
    [{ gpu: "0x3090" }, "BAD_VALUE", []],
    [{ gpu: "17x3090" }, "BAD_VALUE", []],
    [{ gpu: "3090,,3060 12gb" }, "BAD_VALUE", []],
    [{ gpu: "m3 max 64gb,3090" }, "BAD_VALUE", []],
    [{ gpu: "2x3090", vram: "1G,2G,3G" }, "BAD_VALUE", []],
    [{ gpu: "none", vram: "24G" }, "BAD_VALUE", []],
    [{ vram: "abc" }, "BAD_VALUE", []],
    [{ vram: "0" }, "BAD_VALUE", []],
    [{ vram: "" }, "BAD_VALUE", []],
    [{ gpu: "4090", ram: "-1G" }, "BAD_VALUE", []],
  ])("%o is %s", (spec, code, suggestions) => {
    const error = failure(spec);
    expect([error.code, error.suggestions]).toEqual([code, suggestions]);
    expect(error.message).not.toContain("\n");
  });
});
