import { describe, expect, it } from "vitest";
import { devicesOf } from "../../src/hardware/devices.js";
import { mergeFindings } from "../../src/hardware/merge.js";
import type { Finding } from "../../src/hardware/probe.js";
import { GIB, MIB } from "./fakes.js";

const rtx4090: Finding = {
  source: "nvidia-smi",
  vendor: "nvidia",
  name: "NVIDIA GeForce RTX 4090",
  pciBusId: "0000:01:00.0",
  totalBytes: 24564 * MIB,
  reservedBytes: 435 * MIB,
  usedBytes: 1000 * MIB,
  freeBytes: 23129 * MIB,
};
const uhd: Finding = {
  source: "sysfs",
  vendor: "intel",
  name: "UHD Graphics 770",
  pciBusId: "0000:00:02.0",
  unified: true,
};
const apu: Finding = {
  source: "sysfs",
  vendor: "amd",
  name: "AMD Radeon 780M",
  unified: true,
  totalBytes: 32 * GIB,
  freeBytes: 20 * GIB,
};

const devices = (findings: readonly Finding[], total = false) => devicesOf(mergeFindings(findings), total);

describe("merging", () => {
  it("joins what sits in the same slot, first come first served, with the source of each figure", () => {
    const merged = mergeFindings([
      { source: "sysfs", vendor: "amd", pciBusId: "0000:03:00.0", totalBytes: 8 * GIB },
      { source: "rocm-smi", vendor: "amd", pciBusId: "0000:03:00.0", totalBytes: 9 * GIB, name: "AMD Radeon RX 7600" },
    ]);
    expect(merged).toEqual([
      {
        vendor: "amd",
        pciBusId: "0000:03:00.0",
        totalBytes: 8 * GIB,
        name: "AMD Radeon RX 7600",
        sources: { totalBytes: "sysfs", name: "rocm-smi" },
      },
    ]);
  });

  it("never joins by name: two equal cards are two", () => {
    const { pciBusId: _, ...unplaced } = rtx4090;
    expect(mergeFindings([unplaced, unplaced]).length).toBe(2);
    expect(mergeFindings([rtx4090, { ...rtx4090, pciBusId: "0000:02:00.0" }]).length).toBe(2);
  });
});

describe("devices", () => {
  it("offer what is free, or with total all of it", () => {
    expect(devices([rtx4090])).toEqual({
      devices: [
        expect.objectContaining({
          id: "CUDA0",
          memory: "discrete",
          catalogId: "rtx-4090",
          bandwidthBytesPerSecond: 1008.4e9,
          computeCapability: "8.9",
          totalBytes: 24564 * MIB,
          reservedBytes: 435 * MIB,
          usedBytes: 1000 * MIB,
          freeBytes: 23129 * MIB,
          usableBytes: 23129 * MIB,
        }),
      ],
      notes: [],
    });
    expect(devices([rtx4090], true).devices[0]?.usableBytes).toBe(24564 * MIB);
  });

  it("keep a measured size that the catalog does not have", () => {
    const modified = { ...rtx4090, totalBytes: 49140 * MIB };
    expect(devices([modified]).devices[0]).toMatchObject({ totalBytes: 49140 * MIB, catalogId: "rtx-4090-48gb" });
    const odd = { ...rtx4090, totalBytes: 40000 * MIB };
    expect(devices([odd]).devices[0]?.totalBytes).toBe(40000 * MIB);
    expect(devices([odd]).devices[0]?.bandwidthBytesPerSecond).toBeUndefined();
  });

  it("on the RAM count only without a card, as in llama.cpp", () => {
    expect(devices([rtx4090, apu])).toMatchObject({
      devices: [{ id: "CUDA0" }],
      notes: [{ code: "INTEGRATED_IGNORED", args: { name: "AMD Radeon 780M" } }],
    });
    expect(devices([apu])).toMatchObject({
      devices: [{ id: "Vulkan0", memory: "unified", usableBytes: 20 * GIB }],
      notes: [],
    });
    expect(devices([rtx4090, uhd])).toMatchObject({ devices: [{ id: "CUDA0" }], notes: [] });
  });

  it("without a known size are no devices, and the notes say so", () => {
    expect(devices([uhd])).toMatchObject({ devices: [], notes: [{ code: "INTEGRATED_UNSIZED" }] });
    expect(devices([{ source: "pci", vendor: "amd", name: "Navi 10" }])).toMatchObject({
      devices: [],
      notes: [{ code: "GPU_MEMORY_UNKNOWN", args: { name: "Navi 10" } }],
    });
  });

  it("whose use is unknown offer everything, and the notes say so", () => {
    const found: Finding = {
      source: "registry",
      vendor: "amd",
      name: "AMD Radeon RX 7900 XTX",
      totalBytes: 24560 * MIB,
    };
    expect(devices([found])).toMatchObject({
      devices: [{ id: "ROCm0", usableBytes: 24560 * MIB }],
      notes: [{ code: "FREE_MEMORY_UNKNOWN" }],
    });
    expect(devices([found], true).notes).toEqual([]);
  });

  it("of Apple offer the limit, free or total", () => {
    const mac: Finding = {
      source: "sysctl",
      vendor: "apple",
      name: "Apple M3 Max",
      unified: true,
      totalBytes: 64 * GIB,
      limitBytes: 48 * GIB,
    };
    for (const total of [false, true]) {
      expect(devices([mac], total)).toMatchObject({
        devices: [{ id: "MTL0", totalBytes: 64 * GIB, usableBytes: 48 * GIB, catalogId: "m3-max-40core-64gb" }],
        notes: [],
      });
    }
  });
});
