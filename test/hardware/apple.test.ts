import { describe, expect, it } from "vitest";
import { parseSysctl, parseVmStat, probeApple } from "../../src/hardware/apple.js";
import { appleWorkingSetBytes } from "../../src/hardware/apple-limit.js";
import { parseDisplays, parseDisplaysText } from "../../src/hardware/system-profiler.js";
import { exited, fakeSystem, fixture, GIB, MIB } from "./fakes.js";

/** `recommendedMaxWorkingSetSize` as llama.cpp logged it, in MB (10^6), by RAM in GiB and macOS. */
it.each([
  [16, 15, 11453.25],
  [32, 15, 22906.5],
  [36, 15, 28991.03],
  [64, 15, 51539.61],
  [16, 26, 12713.12],
  [18, 26, 14302.25],
  [24, 26, 19069.67],
  [32, 26, 26800.6],
  [36, 26, 30150.67],
  [48, 26, 40200.9],
  [64, 26, 55662.79],
  [128, 26, 115448.73],
])("Metal may use of %d GiB under macOS %d: %d MB", (ram, macos, megabytes) => {
  // Metal rounds to its own pages.
  expect(Math.abs(appleWorkingSetBytes(ram * GIB, macos) / 1e6 - megabytes)).toBeLessThan(0.1);
});

describe("sysctl and vm_stat", () => {
  it("tell the RAM, the chip, the system and the limit the user set", () => {
    const text = fixture("sysctl-m4-pro.txt");
    expect(parseSysctl(text)).toEqual({ ramBytes: 24 * GIB, chip: "Apple M4 Pro", macosMajor: 26 });
    expect(parseSysctl(text.replace("limit_mb: 0", "limit_mb: 21000")).wiredLimitBytes).toBe(21000 * MIB);
    expect(parseSysctl("sysctl: unknown oid 'iogpu.wired_limit_mb'\n")).toEqual({});
  });

  it("count what can be taken without swapping", () => {
    expect(parseVmStat(fixture("vm_stat.txt"))).toBe((100000 + 200000 + 10000 + 5000) * 16384);
    expect(parseVmStat("nonsense")).toBeUndefined();
  });
});

describe("system_profiler", () => {
  it("lists cards, not displays", () => {
    expect(parseDisplays(fixture("system-profiler-intel.json"))).toEqual([
      { name: "Intel HD Graphics 630", vendor: "intel" },
      { name: "Radeon Pro 560", vendor: "amd", vramBytes: 4 * GIB },
    ]);
    expect(parseDisplaysText(fixture("system-profiler-vega.txt"))).toEqual([
      { name: "Radeon Pro Vega 64", vendor: "amd", vramBytes: 16 * GIB },
    ]);
  });

  it("names Apple chips even before their display names are loaded", () => {
    expect(parseDisplays(fixture("system-profiler-m1.json"))).toEqual([{ name: "Apple M1 Pro", vendor: "apple" }]);
  });

  it.each(["", "{", "[]", '{"SPDisplaysDataType": 3}', '{"SPDisplaysDataType": [null, 1, {}]}'])(
    "makes nothing of %o",
    (text) => {
      expect(parseDisplays(text)).toEqual([]);
    },
  );
});

describe("probing a Mac", () => {
  const mac = { platform: "darwin" as const, host: { totalBytes: 24 * GIB } };

  it("takes Metal's limit of the RAM, and no slow tool", async () => {
    const calls: string[] = [];
    const tools = { sysctl: exited(fixture("sysctl-m4-pro.txt")), vm_stat: exited(fixture("vm_stat.txt")) };
    const found = await probeApple(fakeSystem(tools, { ...mac, calls }));
    expect(found.findings).toEqual([
      {
        source: "sysctl",
        vendor: "apple",
        name: "Apple M4 Pro",
        unified: true,
        totalBytes: 24 * GIB,
        limitBytes: Math.floor(24 * GIB * 0.74),
      },
    ]);
    expect(found.notes).toMatchObject([{ code: "APPLE_LIMIT", args: { macos: 26 } }]);
    expect(found.availableBytes).toBe(315000 * 16384);
    expect(calls.length).toBe(2);
  });

  it("takes the user's own limit exactly", async () => {
    const sysctl = exited(fixture("sysctl-m4-pro.txt").replace("limit_mb: 0", "limit_mb: 21000"));
    const { findings, notes } = await probeApple(fakeSystem({ sysctl }, mac));
    expect(findings[0]?.limitBytes).toBe(21000 * MIB);
    expect(notes).toMatchObject([{ code: "APPLE_WIRED_LIMIT" }]);
  });

  it("finds the chip under Rosetta, and the cards of Intel Macs", async () => {
    const sysctl = exited(
      "hw.memsize: 17179869184\nmachdep.cpu.brand_string: VirtualApple @ 2.50GHz\nkern.osproductversion: 15.7\n",
    );
    const rosetta = await probeApple(
      fakeSystem({ sysctl, system_profiler: exited(fixture("system-profiler-m1.json")) }, mac),
    );
    expect(rosetta.findings).toMatchObject([{ name: "Apple M1 Pro", limitBytes: Math.floor((16 * GIB * 2) / 3) }]);

    const intel = exited("hw.memsize: 17179869184\nmachdep.cpu.brand_string: Intel(R) Core(TM) i7\n");
    const cards = await probeApple(
      fakeSystem({ sysctl: intel, system_profiler: exited(fixture("system-profiler-intel.json")) }, mac),
    );
    expect(cards.findings).toEqual([
      { source: "system_profiler", vendor: "amd", name: "Radeon Pro 560", totalBytes: 4 * GIB, backend: "metal" },
    ]);
  });

  it("says so where nothing answers", async () => {
    const { findings, notes } = await probeApple(fakeSystem({ system_profiler: exited("", 1) }, mac));
    expect(findings).toEqual([]);
    expect(notes).toMatchObject([{ code: "TOOL_FAILED", args: { tool: "system_profiler" } }]);
  });
});
