import { describe, expect, it } from "vitest";
import { probeWindows } from "../../src/hardware/windows.js";
import { parseAdapters, parseMemorySize, parseRegQuery } from "../../src/hardware/windows-registry.js";
import { exited, fakeSystem, fixture, GIB, hung, MIB } from "./fakes.js";

const windows = { platform: "win32" as const, host: { totalBytes: 64 * GIB, availableBytes: 40 * GIB } };
const adapters = exited(fixture("windows-adapters.txt"));

describe("the registry", () => {
  it.each([
    ["0x00F0FF7F", 2147479552],
    ["-1048576", 2 ** 32 - 1048576],
    ["1073741824", GIB],
    ["0x00000000", undefined],
    ["", undefined],
    ["abc", undefined],
  ])("MemorySize %s is %s bytes", (text, bytes) => {
    expect(parseMemorySize(text)).toBe(bytes);
  });

  it("is read from reg.exe in any language", () => {
    expect([...parseRegQuery(fixture("reg-names-german.txt")).values()]).toEqual(["AMD Radeon RX 7800 XT"]);
    expect([...parseRegQuery(fixture("reg-sizes-german.txt")).values()]).toEqual(["0x3fc000000"]);
  });

  it("ignores lines that are not adapters", () => {
    expect(parseAdapters("\r\ncim|\r\nreg||x|1|2\r\nGet-CimInstance : Zugriff verweigert\r\n")).toEqual({
      cim: [],
      registry: [],
    });
  });
});

describe("probing Windows", () => {
  it("gives each of two equal cards its 64-bit size, and ignores virtual adapters and cards long gone", async () => {
    const { findings } = await probeWindows(fakeSystem({ powershell: adapters }, windows));
    expect(findings.map((one) => [one.name, one.totalBytes, one.unified])).toEqual([
      ["NVIDIA GeForce RTX 4090", 24564 * MIB, undefined],
      ["AMD Radeon AI PRO R9700", 34208743424, undefined],
      ["AMD Radeon AI PRO R9700", 34208743424, undefined],
      ["Intel(R) UHD Graphics 770", 32 * GIB, true],
    ]);
  });

  it("leaves NVIDIA's cards to nvidia-smi where that answers", async () => {
    const smi = exited(
      "0, GPU-1, NVIDIA GeForce RTX 4090, 00000000:01:00.0, 24564, 205, 700, 23659, 8.9, [N/A], [N/A]\n",
    );
    const { findings } = await probeWindows(fakeSystem({ powershell: adapters, "nvidia-smi": smi }, windows));
    expect(findings.filter((one) => one.vendor === "nvidia")).toMatchObject([
      { source: "nvidia-smi", freeBytes: 23659 * MIB },
    ]);
    expect(findings.length).toBe(4);
  });

  it("does not believe 32-bit sizes near their end", async () => {
    const lines = [
      "cim|AMD Radeon RX 7800 XT|PCI\\VEN_1002&DEV_747E&SUBSYS_0&REV_C8\\6&0&0|4293918720",
      "cim|AMD Radeon RX 6400|PCI\\VEN_1002&DEV_743F&SUBSYS_0&REV_C1\\6&0&1|3221225472",
    ];
    const { findings } = await probeWindows(fakeSystem({ powershell: exited(lines.join("\r\n")) }, windows));
    expect(findings.map((one) => one.totalBytes)).toEqual([undefined, 3 * GIB]);
  });

  it("adds Windows' half of the RAM to what an APU has set aside", async () => {
    const line = "cim|AMD Radeon(TM) 8060S Graphics|PCI\\VEN_1002&DEV_1586&SUBSYS_0&REV_C1\\4&0&41|4293918720\r\n";
    const entry = "reg|AMD Radeon(TM) 8060S Graphics|PCI\\VEN_1002&DEV_1586|68719476736|\r\n";
    const { findings } = await probeWindows(fakeSystem({ powershell: exited(line + entry) }, windows));
    expect(findings).toMatchObject([{ unified: true, totalBytes: 96 * GIB, freeBytes: 96 * GIB }]);
  });

  it("falls back to reg.exe where PowerShell hangs", async () => {
    const reg = (args: readonly string[]) =>
      exited(fixture(args.includes("DriverDesc") ? "reg-names-german.txt" : "reg-sizes-german.txt"));
    const { findings, notes } = await probeWindows(fakeSystem({ powershell: hung, reg }, windows));
    expect(findings).toMatchObject([{ name: "AMD Radeon RX 7800 XT", totalBytes: 0x3fc000000 }]);
    expect(notes).toEqual([]);
  });

  it("says so where nothing answers", async () => {
    const { findings, notes } = await probeWindows(fakeSystem({ powershell: hung }, windows));
    expect(findings).toEqual([]);
    expect(notes).toEqual([{ code: "TOOL_TIMEOUT", args: { tool: "powershell" } }]);
  });
});
