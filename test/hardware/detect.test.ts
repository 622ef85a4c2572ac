import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../../src/hardware/command.js";
import { type DetectOptions, detectHardware } from "../../src/hardware/detect.js";
import { hardwareNotes } from "../../src/render/notes-hardware.js";
import { type Answer, exited, fakeFiles, fakeRunner, fixture, GIB, hung, MIB, pciDevice } from "./fakes.js";

const MEMINFO = { "/proc/meminfo": "MemTotal: 67108864 kB\nMemAvailable: 50331648 kB\n" };
const DRI = { "/dev/dri/card0": "", "/dev/dri/renderD128": "" };
const IDS = { "/usr/share/libdrm/amdgpu.ids": fixture("amdgpu.ids"), "/usr/share/hwdata/pci.ids": fixture("pci.ids") };

const amdCard = (busId: string, extra: Record<string, string> = {}) =>
  pciDevice(busId, {
    vendor: "0x1002",
    device: "0x744c",
    revision: "0xc8",
    mem_info_vram_total: String(24560 * MIB),
    mem_info_vram_used: "0",
    mem_info_vram_vendor: "x",
    ...extra,
  });
const nvidiaCard = pciDevice("0000:01:00.0", { vendor: "0x10de", device: "0x2684" });
const intelCard = pciDevice("0000:03:00.0", { vendor: "0x8086", device: "0xe20b" });
const intelIgpu = pciDevice("0000:00:02.0", { vendor: "0x8086", device: "0xa780" });

const detect = (
  files: Record<string, string>,
  tools: Record<string, Answer> = {},
  options: DetectOptions = {},
  calls: string[] = [],
) =>
  detectHardware({
    platform: "linux",
    env: {},
    fs: fakeFiles({ ...MEMINFO, ...IDS, ...files }),
    run: fakeRunner(tools, calls),
    ...options,
  });

const SMI = exited("0, GPU-1, NVIDIA GeForce RTX 4090, 00000000:01:00.0, 24564, 435, 1000, 23129, 8.9, [N/A], HMM\n");

describe("detecting", () => {
  it("puts cards of two makers side by side and leaves the processor's graphics out", async () => {
    const { devices, host, notes } = await detect(
      { ...nvidiaCard, ...amdCard("0000:03:00.0"), ...intelIgpu, ...DRI },
      { "nvidia-smi": SMI },
    );
    expect(devices.map((one) => [one.id, one.catalogId, one.usableBytes])).toEqual([
      ["CUDA0", "rtx-4090", 23129 * MIB],
      ["ROCm0", "rx-7900-xtx", 24560 * MIB],
    ]);
    expect(host).toEqual({ totalBytes: 64 * GIB, availableBytes: 48 * GIB });
    expect(notes).toEqual([]);
  });

  it("starts no slow tool for what the kernel tells", async () => {
    const calls: string[] = [];
    await detect(
      { ...amdCard("0000:03:00.0"), ...DRI },
      { "rocm-smi": hung, vulkaninfo: hung, "llama-server": hung },
      {},
      calls,
    );
    expect(calls).toEqual([]);
  });

  it("on a machine without a GPU says so, and starts nothing", async () => {
    const calls: string[] = [];
    const tools = { "rocm-smi": hung, "amd-smi": hung, "xpu-smi": hung, vulkaninfo: hung, "llama-server": hung };
    const bus = pciDevice("0000:00:1f.3", { kind: "0x040300", vendor: "0x8086", device: "0x7ad0" });
    expect(await detect(bus, tools, {}, calls)).toMatchObject({ devices: [], notes: [{ code: "NO_GPU_FOUND" }] });
    expect(calls).toEqual([]);
  });

  it("fills a missing name from the maker's tool without counting the card twice", async () => {
    const rocm = exited('{"card0": {"VRAM Total Memory (B)": "25753026560", "Card Series": "AMD Radeon RX 7900 XTX"}}');
    const files = {
      ...amdCard("0000:03:00.0"),
      ...DRI,
      "/usr/share/libdrm/amdgpu.ids": "",
      "/usr/share/hwdata/pci.ids": "",
    };
    const { devices } = await detect(files, { "rocm-smi": rocm });
    expect(devices).toMatchObject([
      { name: "AMD Radeon RX 7900 XTX", catalogId: "rx-7900-xtx", sources: { name: "rocm-smi" } },
    ]);
  });

  it("asks xpu-smi for an Intel card whose driver is silent", async () => {
    const xpu = (args: readonly string[]) => exited(args.length === 0 ? "" : fixture("xpu-smi-discovery.txt"));
    const { devices } = await detect({ ...intelCard, ...DRI }, { "xpu-smi": xpu });
    expect(devices).toMatchObject([{ id: "Vulkan0", catalogId: "arc-b580", totalBytes: 12216 * MIB }]);
  });

  it("asks llama.cpp, then Vulkan, for what nothing else sizes", async () => {
    const files = { ...intelIgpu, ...DRI };
    const list = exited("Available devices:\n  Vulkan0: Intel(R) Graphics (16384 MiB, 12288 MiB free)\n");
    expect(await detect(files, { "llama-server": list })).toMatchObject({
      devices: [{ id: "Vulkan0", memory: "unified", usableBytes: 12288 * MIB }],
      notes: [],
    });
    const vulkan = await detect(files, { vulkaninfo: exited(fixture("vulkaninfo.txt")) });
    expect(vulkan.devices).toMatchObject([{ id: "Vulkan0", name: "AMD Radeon RX 5700" }]);
    expect(await detect(files)).toMatchObject({
      devices: [],
      notes: [{ code: "INTEGRATED_UNSIZED" }, { code: "NO_GPU_FOUND" }],
    });
  });

  it("works in a container that lists no bus", async () => {
    const { devices } = await detect({}, { "nvidia-smi": SMI });
    expect(devices).toMatchObject([{ catalogId: "rtx-4090" }]);
    const rocm = await detect(
      {},
      { "rocm-smi": exited(fixture("rocm-smi.json.txt")), "amd-smi": exited(fixture("amd-smi-static.txt")) },
    );
    expect(rocm.devices).toMatchObject([{ id: "ROCm0", catalogId: "rx-7900-xt" }]);
  });

  it("does not offer what a container may not open, or a card without its driver", async () => {
    expect(await detect(amdCard("0000:03:00.0"))).toMatchObject({
      devices: [],
      notes: [{ code: "GPU_NOT_ACCESSIBLE", args: { name: "AMD Radeon RX 7900 XTX" } }, { code: "NO_GPU_FOUND" }],
    });
    expect((await detect({ ...nvidiaCard, ...DRI })).notes).toMatchObject([
      { code: "NVIDIA_NO_TOOL", args: { name: "NVIDIA AD102 [GeForce RTX 4090]" } },
      { code: "NO_GPU_FOUND" },
    ]);
  });

  it("takes a Jetson by its device tree", async () => {
    const { devices } = await detect({ "/proc/device-tree/model": "NVIDIA Jetson AGX Orin Developer Kit\0" });
    expect(devices).toMatchObject([
      { id: "CUDA0", name: "NVIDIA Jetson AGX Orin", memory: "unified", usableBytes: 48 * GIB },
    ]);
  });

  it("finds a Mac's GPU and its available RAM", async () => {
    const tools = { sysctl: exited(fixture("sysctl-m4-pro.txt")), vm_stat: exited(fixture("vm_stat.txt")) };
    const { devices, host } = await detect({}, tools, { platform: "darwin" });
    expect(devices).toMatchObject([{ id: "MTL0", catalogId: "m4-pro-24gb", bandwidthBytesPerSecond: 273e9 }]);
    expect(host.availableBytes).toBe(315000 * 16384);
  });

  it("finds Windows' adapters", async () => {
    const { devices } = await detect(
      {},
      { powershell: exited(fixture("windows-adapters.txt")) },
      { platform: "win32" },
    );
    expect(devices.map((one) => one.catalogId)).toEqual(["rtx-4090", "ai-pro-r9700", "ai-pro-r9700"]);
  });
});

describe("tools that misbehave", () => {
  const root = mkdtempSync(join(tmpdir(), "fitcheck-tools-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const names = ["nvidia-smi", "rocm-smi", "amd-smi", "xpu-smi", "vulkaninfo", "llama-server", "lspci"];

  function tools(kind: string, script: string): NodeJS.ProcessEnv {
    const folder = join(root, kind);
    mkdirSync(folder);
    for (const name of names) writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: `${folder}:/usr/bin:/bin` };
  }

  it.skipIf(process.platform === "win32").each([
    ["hang", "sleep 30", "TOOL_TIMEOUT"],
    ["hang and leave children", "sleep 30 & sleep 30", "TOOL_TIMEOUT"],
    ["fail", "echo 'it broke' >&2; exit 7", "TOOL_FAILED"],
    ["print garbage", "head -c 4000 /bin/sh", "TOOL_UNREADABLE"],
    ["print ten megabytes", "yes '0, a, b, c, d, e, f, g, h, i, j' | head -c 10000000", "TOOL_"],
    ["print another language", "echo 'Es wurden keine Geräte gefunden'; exit 1", "TOOL_FAILED"],
    ["print nothing", "exit 0", "TOOL_UNREADABLE"],
    ["kill themselves", "kill -9 $$", "TOOL_FAILED"],
  ])("that %s cost at most 2.5 seconds and no crash", async (kind, script, code) => {
    const started = performance.now();
    const { devices, notes } = await detectHardware({
      platform: "linux",
      env: tools(kind, script),
      fs: fakeFiles(MEMINFO),
      cache: false,
    });
    expect(performance.now() - started).toBeLessThan(2500);
    expect(devices).toEqual([]);
    expect(notes.some((note) => note.code.startsWith(code))).toBe(true);
    for (const note of notes) expect(hardwareNotes[note.code]?.(note.args), note.code).toMatch(/^[^\n]{10,200}$/);
  });

  it("never start from the current folder", async () => {
    expect((await runCommand("no-such-tool", [], { timeoutMs: 500, env: { PATH: "" } })).status).toBe("missing");
  });
});

describe("the cache", () => {
  const root = mkdtempSync(join(tmpdir(), "fitcheck-cache-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const file = (name: string) => join(root, name, "fitcheck", "hardware.json");

  /** A machine whose nvidia-smi counts its calls, with a clock that the test turns. */
  function machine(name: string, options: DetectOptions = {}) {
    const calls: string[] = [];
    const clock = { now: 1_000_000 };
    const ask = (more: DetectOptions = {}) =>
      detect(
        nvidiaCard,
        { "nvidia-smi": SMI },
        { env: { XDG_CACHE_HOME: join(root, name) }, now: () => clock.now, ...options, ...more },
        calls,
      );
    return { calls, clock, ask };
  }

  it("answers again within seconds, then only for totals, and for a day", async () => {
    const { calls, clock, ask } = machine("ages");
    const first = await ask();
    clock.now += 4_000;
    expect(await ask()).toEqual(first);
    expect(calls.length).toBe(1);
    clock.now += 60_000;
    const total = await ask({ total: true });
    expect(calls.length).toBe(1);
    expect(total.devices[0]).toMatchObject({ catalogId: "rtx-4090", usableBytes: 24564 * MIB });
    expect(total.devices[0]?.freeBytes).toBeUndefined();
    await ask();
    expect(calls.length).toBe(2);
    clock.now += 25 * 3600 * 1000;
    await ask({ total: true });
    expect(calls.length).toBe(3);
  });

  it("is not asked with cache: false, nor by another machine, nor before its time", async () => {
    const { calls, clock, ask } = machine("off");
    await ask();
    await ask({ cache: false });
    expect(calls.length).toBe(2);
    await ask({ fs: fakeFiles({ ...MEMINFO, ...nvidiaCard, "/proc/driver/nvidia/version": "NVRM version: 610.1\n" }) });
    expect(calls.length).toBe(3);
    clock.now -= 10_000;
    await ask();
    expect(calls.length).toBe(4);
  });

  it.each(["", "{", "null", "[]", '{"format":1}', '{"format":1,"key":"","savedAt":0,"devices":[null],"notes":[]}'])(
    "is ignored when it reads %o",
    async (text) => {
      const { calls, ask } = machine("broken");
      mkdirSync(join(root, "broken", "fitcheck"), { recursive: true });
      writeFileSync(file("broken"), text);
      expect((await ask()).devices.length).toBe(1);
      expect(calls.length).toBe(1);
      expect(JSON.parse(readFileSync(file("broken"), "utf8"))).toMatchObject({ format: 1 });
    },
  );

  it("keeps no failures, and does without a home or a folder it may write to", async () => {
    const env = { XDG_CACHE_HOME: join(root, "failed") };
    await detect(nvidiaCard, { "nvidia-smi": exited("nonsense", 1) }, { env });
    expect(() => readFileSync(file("failed"))).toThrow();
    writeFileSync(join(root, "blocked"), "a file where the folder should be");
    expect(
      (await detect(nvidiaCard, { "nvidia-smi": SMI }, { env: { XDG_CACHE_HOME: join(root, "blocked") } })).devices
        .length,
    ).toBe(1);
    expect((await detect(nvidiaCard, { "nvidia-smi": SMI }, { env: {} })).devices.length).toBe(1);
  });
});
