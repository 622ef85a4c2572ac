import { describe, expect, it } from "vitest";
import { localMemoryBytes } from "../../src/hardware/intel-sysfs.js";
import { parseLlamaDevices } from "../../src/hardware/llama-devices.js";
import { normalBusId } from "../../src/hardware/probe.js";
import { parseVulkaninfo } from "../../src/hardware/vulkaninfo.js";
import { parseDiscovery, parseXpuTable } from "../../src/hardware/xpu-smi.js";
import { fakeFiles, fixture, GIB, MIB } from "./fakes.js";

describe("llama-server --list-devices", () => {
  it("lists a card once, under its maker's backend, and no BLAS", () => {
    expect(parseLlamaDevices(fixture("llama-devices.txt"))).toMatchObject([
      { name: "NVIDIA GeForce RTX 4060 Ti", backend: "cuda", totalBytes: 16379 * MIB, freeBytes: 14900 * MIB },
      { name: "Intel(R) Graphics", backend: "vulkan", unified: true, freeBytes: 12288 * MIB },
    ]);
    expect(parseLlamaDevices("Available devices:\n  (none)\n")).toEqual([]);
  });
});

describe("vulkaninfo", () => {
  it("adds the two local heaps of a card without resizable BAR, and leaves the processor out", () => {
    expect(parseVulkaninfo(fixture("vulkaninfo.txt"))).toEqual([
      {
        source: "vulkaninfo",
        vendor: "amd",
        name: "AMD Radeon RX 5700",
        backend: "vulkan",
        pciBusId: "0000:0a:00.0",
        totalBytes: 8 * GIB,
        freeBytes: 7675416576 + 181755904,
      },
    ]);
  });

  it("counts every heap of a GPU on the RAM", () => {
    const text = fixture("vulkaninfo.txt").replace("DISCRETE_GPU", "INTEGRATED_GPU");
    expect(parseVulkaninfo(text)).toMatchObject([{ unified: true, totalBytes: 8 * GIB + 8573157376 }]);
  });

  it("in its short form has names only", () => {
    expect(parseVulkaninfo(fixture("vulkaninfo-list.txt")).map((one) => one.name)).toEqual([
      "AMD Radeon RX 7900 XTX",
      "NVIDIA GeForce RTX 4070",
    ]);
  });
});

describe("Intel", () => {
  it("xpu-smi tells memory and slot in both of its forms", () => {
    expect(parseDiscovery(fixture("xpu-smi-discovery.txt"))).toEqual([
      {
        source: "xpu-smi",
        vendor: "intel",
        name: "Intel(R) Arc(TM) B580 Graphics",
        pciBusId: "0000:03:00.0",
        totalBytes: 12216 * MIB,
      },
    ]);
    expect(parseXpuTable(fixture("xpu-smi-table.txt"))).toMatchObject([
      { name: "Intel(R) Arc(TM) B580", pciBusId: "0000:03:00.0", totalBytes: 12216 * MIB, usedBytes: 239 * MIB },
    ]);
    expect(parseDiscovery("Error: no device")).toEqual([]);
  });

  it("the kernel tells it as tiles (xe) or as one figure (i915)", () => {
    const folder = "/sys/bus/pci/devices/0000:03:00.0/";
    const tiles = {
      [`${folder}tile0/physical_vram_size_bytes`]: "8589934592\n",
      [`${folder}tile1/physical_vram_size_bytes`]: "8589934592\n",
    };
    expect(localMemoryBytes(fakeFiles(tiles), folder)).toBe(16 * GIB);
    expect(localMemoryBytes(fakeFiles({ [`${folder}drm/card1/lmem_total_bytes`]: "17079205888\n" }), folder)).toBe(
      17079205888,
    );
    expect(localMemoryBytes(fakeFiles({ [`${folder}drm/card1/lmem_total_bytes`]: "0\n" }), folder)).toBeUndefined();
  });
});

it.each([
  ["00000000:0C:00.0", "0000:0c:00.0"],
  ["0000:0c:00.0", "0000:0c:00.0"],
  ["0C:00.0", "0000:0c:00.0"],
  ["0000000F:01:00.0", "000f:01:00.0"],
  ["00010000:01:00.0", "10000:01:00.0"],
  ["[N/A]", undefined],
  ["", undefined],
])("PCI slot %s is %s", (text, id) => {
  expect(normalBusId(text)).toBe(id);
});
