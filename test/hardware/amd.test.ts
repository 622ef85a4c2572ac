import { describe, expect, it } from "vitest";
import { parseAmdSmi } from "../../src/hardware/amd-smi.js";
import { amdFindings, apuPool, gfxName } from "../../src/hardware/amd-sysfs.js";
import { amdName, pciName, scanPci } from "../../src/hardware/pci.js";
import { parseRocmSmi } from "../../src/hardware/rocm-smi.js";
import { fakeFiles, fixture, GIB, pciDevice } from "./fakes.js";

const TABLES = {
  "/usr/share/libdrm/amdgpu.ids": fixture("amdgpu.ids"),
  "/usr/share/hwdata/pci.ids": fixture("pci.ids"),
};

const xtx = pciDevice("0000:03:00.0", {
  vendor: "0x1002",
  device: "0x744c",
  revision: "0xc8",
  mem_info_vram_total: "25753026560",
  mem_info_vram_used: "1490378752",
  mem_info_vram_vendor: "hynix",
  mem_info_gtt_total: "33521238016",
  mem_info_gtt_used: "144560128",
});

const strixHalo = (vram: number, gtt: number) => ({
  ...pciDevice("0000:c5:00.0", {
    kind: "0x038000",
    vendor: "0x1002",
    device: "0x1586",
    revision: "0xc1",
    mem_info_vram_total: String(vram),
    mem_info_vram_used: "0",
    mem_info_gtt_total: String(gtt),
    mem_info_gtt_used: "0",
  }),
  "/sys/class/kfd/kfd/topology/nodes/0/properties": "cpu_cores_count 32\ngfx_target_version 0\n",
  "/sys/class/kfd/kfd/topology/nodes/1/properties":
    "simd_count 80\ngfx_target_version 110501\nvendor_id 4098\ndevice_id 5510\nlocation_id 50432\ndomain 0\n",
});

function find(tree: Record<string, string>, available = 100 * GIB) {
  const files = fakeFiles({ ...tree, ...TABLES });
  return amdFindings(files, scanPci(files).gpus, available);
}

describe("the amdgpu driver's files", () => {
  it("give a card its own memory, whatever the size of its PCI window", () => {
    expect(find(xtx)).toEqual([
      {
        source: "/sys/bus/pci/devices/0000:03:00.0/mem_info_*",
        vendor: "amd",
        name: "AMD Radeon RX 7900 XTX",
        pciBusId: "0000:03:00.0",
        totalBytes: 25753026560,
        usedBytes: 1490378752,
        freeBytes: 25753026560 - 1490378752,
      },
    ]);
  });

  it("give Strix Halo the mapped RAM, as ROCm does, and count it once", () => {
    // ttm.pages_limit at 96 GiB: llama.cpp prints 98304 MiB.
    const [found] = find(strixHalo(4 * GIB, 96 * GIB));
    expect(found).toMatchObject({
      unified: true,
      computeCapability: "gfx1151",
      totalBytes: 96 * GIB,
      freeBytes: 96 * GIB,
    });
  });

  it("give it the part set aside where that is the larger", () => {
    expect(find(strixHalo(96 * GIB, 15 * GIB))[0]).toMatchObject({ unified: true, totalBytes: 96 * GIB });
  });

  it("never promise RAM that others use", () => {
    expect(find(strixHalo(4 * GIB, 96 * GIB), 60 * GIB)[0]?.freeBytes).toBe(60 * GIB);
  });

  it("tell an APU without compute topology by its memory", () => {
    const tree = pciDevice("0000:08:00.0", {
      vendor: "0x1002",
      device: "0x1638",
      mem_info_vram_total: String(GIB / 2),
      mem_info_gtt_total: String(31 * GIB),
    });
    expect(find(tree)[0]).toMatchObject({ unified: true, totalBytes: 31.5 * GIB });
  });

  it("give a card without the driver no memory", () => {
    const [found] = find(pciDevice("0000:0a:00.0", { vendor: "0x1002", device: "0x731f" }));
    expect(found).toMatchObject({ name: "Navi 10 [Radeon RX 5600 OEM/5600 XT / 5700/5700 XT]" });
    expect(found?.totalBytes).toBeUndefined();
  });

  it("list accelerators too, and nothing but GPUs", () => {
    const tree = {
      ...pciDevice("0000:05:00.0", {
        kind: "0x120000",
        vendor: "0x1002",
        device: "0x74a1",
        mem_info_vram_total: "206141652992",
      }),
      ...pciDevice("0000:00:1f.3", { kind: "0x040300", vendor: "0x8086", device: "0x7ad0" }),
      ...pciDevice("0000:06:00.0", { vendor: "0x1a03", device: "0x2000" }),
    };
    expect(find(tree).map((one) => one.totalBytes)).toEqual([206141652992]);
  });

  it.each([
    [110501, "gfx1151"],
    [90010, "gfx90a"],
    [90402, "gfx942"],
    [100300, "gfx1030"],
    [0, undefined],
  ])("compute target %d is %s", (version, name) => {
    expect(gfxName(version)).toBe(name);
  });

  it("the pool of a small APU through Vulkan is both of its parts", () => {
    const pool = apuPool(
      { vramTotal: 2 * GIB, vramUsed: GIB, gttTotal: 14 * GIB, gttUsed: 2 * GIB },
      "gfx1103",
      8 * GIB,
    );
    expect(pool).toEqual({ totalBytes: 16 * GIB, freeBytes: GIB + 8 * GIB });
  });
});

describe("name tables", () => {
  it("libdrm's tells the two 7900s apart by revision", () => {
    expect(amdName(fixture("amdgpu.ids"), "744c", "cc")).toBe("AMD Radeon RX 7900 XT");
    expect(amdName(fixture("amdgpu.ids"), "744c", "00")).toBeUndefined();
  });

  it("pci.ids is read within the maker's part", () => {
    const ids = fixture("pci.ids");
    expect(pciName(ids, "10de", "2684")).toBe("AD102 [GeForce RTX 4090]");
    expect(pciName(ids, "1002", "2684")).toBeUndefined();
    expect(pciName(ids, "8086", "a780")).toBe("Raptor Lake-S GT1 [UHD Graphics 770]");
    expect(pciName(ids, "1af4", "1050")).toBeUndefined();
  });
});

describe("rocm-smi", () => {
  it("in JSON, after a warning about sleeping cards; an APU counts what it may map", () => {
    expect(parseRocmSmi(fixture("rocm-smi.json.txt"), 100 * GIB)).toEqual([
      {
        source: "rocm-smi",
        vendor: "amd",
        name: "Radeon RX 7900 XT",
        pciBusId: "0000:03:00.0",
        computeCapability: "gfx1100",
        totalBytes: 21458059264,
        usedBytes: 27856896,
        freeBytes: 21458059264 - 27856896,
      },
      expect.objectContaining({ unified: true, totalBytes: 536870912 + 33521238016, pciBusId: "0000:08:00.0" }),
    ]);
  });

  it("of an old version has no name but a slot", () => {
    const [found] = parseRocmSmi(fixture("rocm-smi-old.json.txt"));
    expect(found).toMatchObject({ pciBusId: "0000:07:00.0", totalBytes: 12868124672 });
    expect(found?.name).toBeUndefined();
  });

  it.each([
    ["blocks", "rocm-smi-blocks.txt", [34342961152, 17163091968]],
    ["CSV", "rocm-smi.csv", [8573157376]],
    ["columns", "rocm-smi-table.txt", [34342961152, 34342961152]],
  ])("in %s", (_, name, totals) => {
    expect(parseRocmSmi(fixture(name)).map((one) => one.totalBytes)).toEqual(totals);
  });

  it.each([
    ["use without totals", '{"card0": {"GPU memory use (%)": "0"}}'],
    ["a warning alone", "WARNING: AMD GPU device(s) is/are in a low-power state.\n"],
    ["broken JSON", '{"card0": {"VRAM Total'],
    ["nothing", ""],
  ])("with %s tells no memory", (_, text) => {
    expect(parseRocmSmi(text).every((one) => one.totalBytes === undefined)).toBe(true);
  });
});

it("amd-smi static tells cards from APUs", () => {
  expect(parseAmdSmi(fixture("amd-smi-static.txt"))).toEqual([
    {
      source: "amd-smi",
      vendor: "amd",
      name: "AMD Instinct MI210",
      pciBusId: "0000:05:00.0",
      computeCapability: "gfx90a",
      totalBytes: 65520 * 1024 ** 2,
    },
    {
      source: "amd-smi",
      vendor: "amd",
      name: "Phoenix3",
      pciBusId: "0000:65:00.0",
      computeCapability: "gfx1103",
      unified: true,
    },
  ]);
  expect(parseAmdSmi("nonsense")).toEqual([]);
});
