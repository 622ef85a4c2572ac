import { describe, expect, it } from "vitest";
import { probeNvidia } from "../../src/hardware/nvidia.js";
import { explainFailure, parseList, parseQuery, QUERY_FIELDS, REDUCED_FIELDS } from "../../src/hardware/nvidia-smi.js";
import { parseTable } from "../../src/hardware/nvidia-table.js";
import { parseXml } from "../../src/hardware/nvidia-xml.js";
import { type Answer, exited, fakeSystem, fixture, GIB, hung, MIB } from "./fakes.js";

const FULL = "--query-gpu=index,uuid";
const REDUCED = "--query-gpu=index,name";

/** nvidia-smi with an answer for each way it is asked. */
function smi(answers: {
  full?: string;
  reduced?: string;
  table?: string;
  list?: string;
  xml?: string;
  code?: number;
}): Answer {
  return (args) => {
    const first = args[0] ?? "";
    const text = first.startsWith(FULL)
      ? answers.full
      : first.startsWith(REDUCED)
        ? answers.reduced
        : first === "-L"
          ? answers.list
          : first === "-q"
            ? answers.xml
            : answers.table;
    return text === undefined
      ? exited('Field "memory.reserved" is not a valid field to query.\n', 2)
      : exited(text, answers.code);
  };
}

describe("nvidia-smi --query-gpu", () => {
  it("gives each card with its memory, slot and compute capability", () => {
    expect(parseQuery(fixture("nvidia-query.csv"), QUERY_FIELDS)).toEqual([
      {
        index: 0,
        uuid: "GPU-8a3c1f20-0000-0000-0000-000000000001",
        name: "NVIDIA GeForce RTX 4080 SUPER",
        pciBusId: "0000:01:00.0",
        totalBytes: 16376 * MIB,
        reservedBytes: 434 * MIB,
        usedBytes: 596 * MIB,
        freeBytes: 15348 * MIB,
        computeCapability: "8.9",
        addressing: "HMM",
        mig: false,
        denied: false,
      },
      expect.objectContaining({ index: 1, name: "NVIDIA L40S", pciBusId: "0000:41:00.0", freeBytes: 45460 * MIB }),
    ]);
  });

  it("follows a header line, and reads units", () => {
    expect(parseQuery(fixture("nvidia-query-header.csv"), QUERY_FIELDS)).toMatchObject([
      {
        name: "NVIDIA GeForce RTX 2080 SUPER",
        pciBusId: "0000:0c:00.0",
        totalBytes: 8192 * MIB,
        freeBytes: 7286 * MIB,
      },
    ]);
  });

  it.each([
    ["nothing", ""],
    ["an error", "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"],
    ["a table", fixture("nvidia-table.txt")],
    ["garbage", "\u0000\u0001,,,,,,,,,,\nx,y,z,z,z,z,z,z,z,z,z\n"],
    ["another language", "Kein Gerät gefunden, bitte, Treiber, prüfen, und, neu, starten, oder, den, Support\n"],
  ])("gives no cards for %s", (_, text) => {
    expect(parseQuery(text, QUERY_FIELDS)).toEqual([]);
  });
});

describe("the other forms of nvidia-smi", () => {
  it("the table has what is used of the total, and cut names stay cut", () => {
    const cards = parseTable(fixture("nvidia-table.txt"));
    expect(cards).toMatchObject([
      {
        index: 0,
        name: "NVIDIA GeForce RTX 5070 ...",
        totalBytes: 12227 * MIB,
        usedBytes: 797 * MIB,
        pciBusId: "0000:0c:00.0",
      },
      { index: 1, name: "NVIDIA GB10", pciBusId: "000f:01:00.0" },
    ]);
    expect(cards[1]?.totalBytes).toBeUndefined();
  });

  it("-L has the full names and the slices", () => {
    const { names, slices } = parseList(fixture("nvidia-list-mig.txt"));
    expect(names.get(0)).toBe("NVIDIA H100 80GB HBM3");
    expect(slices.get(0)).toEqual(["3g.40gb", "2g.20gb"]);
  });

  it("-q -x has the memory of the card and of each slice, not that of the PCI window", () => {
    expect(parseXml(fixture("nvidia-mig.xml"))).toEqual([
      {
        name: "NVIDIA H100 80GB HBM3",
        pciBusId: "0000:00:09.0",
        totalBytes: 81559 * MIB,
        usedBytes: 59 * MIB,
        freeBytes: 81022 * MIB,
        slices: [
          { totalBytes: 40448 * MIB, usedBytes: 26 * MIB, freeBytes: 40421 * MIB },
          { totalBytes: 20096 * MIB, usedBytes: 17 * MIB, freeBytes: 20078 * MIB },
        ],
      },
    ]);
  });

  it.each([
    [
      "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.144",
      "NVIDIA_DRIVER_MISMATCH",
    ],
    ["Mismatch in versions between nvidia-smi and NVML. ", "NVIDIA_DRIVER_MISMATCH"],
    ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "NVIDIA_DRIVER_DOWN"],
    ["No devices were found", "NVIDIA_NO_DEVICES"],
    ["Failed to initialize NVML: GPU access blocked by the operating system", "NVIDIA_BLOCKED"],
    ["Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error", "NVIDIA_DEVICE_LOST"],
  ])("%s", (text, code) => {
    expect(explainFailure(text).map((note) => note.code)).toEqual([code]);
  });
});

describe("probing NVIDIA", () => {
  const probe = (answer: Answer, options?: Parameters<typeof fakeSystem>[1]) =>
    probeNvidia(fakeSystem({ "nvidia-smi": answer }, options));

  it("never sums two cards", async () => {
    const { findings, notes } = await probe(smi({ full: fixture("nvidia-query.csv") }));
    expect(findings.map((one) => one.freeBytes)).toEqual([15348 * MIB, 45460 * MIB]);
    expect(notes).toEqual([]);
  });

  it("asks for less where a field is unknown, and once only", async () => {
    const calls: string[] = [];
    const reduced = "0, NVIDIA GeForce GTX 1080 Ti, 00000000:01:00.0, 11264, 300, 10964\n";
    const { findings } = await probe(smi({ reduced }), { calls });
    expect(findings).toMatchObject([{ name: "NVIDIA GeForce GTX 1080 Ti", totalBytes: 11264 * MIB }]);
    expect(calls.length).toBe(2);
    expect(calls[1]).toContain(REDUCED_FIELDS.join(","));
  });

  it("reads the table with the names of -L where no query works", async () => {
    const list = "GPU 0: NVIDIA GeForce RTX 5070 Ti Laptop GPU (UUID: GPU-1)\nGPU 1: NVIDIA GB10 (UUID: GPU-2)\n";
    const { findings } = await probe(smi({ table: fixture("nvidia-table.txt"), list }));
    expect(findings[0]).toMatchObject({ name: "NVIDIA GeForce RTX 5070 Ti Laptop GPU", totalBytes: 12227 * MIB });
    expect(findings[1]).toMatchObject({ name: "NVIDIA GB10", unified: true, totalBytes: 64 * GIB });
  });

  it("tells of a lost card and keeps the others", async () => {
    const { findings, notes } = await probe(smi({ full: fixture("nvidia-query-lost.csv") }));
    expect(findings.map((one) => one.name)).toEqual(["NVIDIA GeForce RTX 3090"]);
    expect(notes).toEqual([{ code: "NVIDIA_DEVICE_LOST", args: { device: "GPU1: 0000:34:00.0" } }]);
  });

  it("takes the largest MIG slice, which is all that one program gets", async () => {
    const answers = {
      full: fixture("nvidia-query-mig.csv"),
      list: fixture("nvidia-list-mig.txt"),
      xml: fixture("nvidia-mig.xml"),
    };
    const { findings, notes } = await probe(smi(answers));
    expect(findings).toMatchObject([
      { name: "NVIDIA H100 80GB HBM3 MIG 3g.40gb", totalBytes: 40448 * MIB, freeBytes: 40421 * MIB },
    ]);
    expect(notes).toMatchObject([{ code: "MIG_SLICES", args: { count: 2 } }]);
    expect((await probe(smi({ full: answers.full }))).notes).toMatchObject([{ code: "MIG_UNKNOWN" }]);
  });

  it.each([
    ["GB10", smi({ full: fixture("nvidia-query-unified.csv") })],
    ["N1X, which tells a small part", smi({ full: fixture("nvidia-query-n1x.csv") })],
    ["Jetson Orin, which knows few fields", smi({ reduced: fixture("nvidia-reduced-jetson.csv") })],
  ])("takes the RAM as the memory of %s", async (_, answer) => {
    const { findings } = await probe(answer);
    expect(findings).toMatchObject([{ unified: true, totalBytes: 64 * GIB, freeBytes: 48 * GIB }]);
  });

  it("takes Grace Hopper's own HBM", async () => {
    const host = { totalBytes: 480 * GIB, availableBytes: 470 * GIB };
    const { findings } = await probe(smi({ full: fixture("nvidia-query-grace-hopper.csv") }), { host });
    expect(findings[0]?.unified).toBeUndefined();
    expect(findings[0]?.totalBytes).toBe(97871 * MIB);
  });

  it("says so where the memory may not be read", async () => {
    const { findings, notes } = await probe(smi({ full: fixture("nvidia-query-denied.csv") }));
    expect(findings).toEqual([]);
    expect(notes).toMatchObject([{ code: "NVIDIA_PERMISSION" }]);
  });

  it.each([
    [
      "a mismatch, without asking again",
      exited("Failed to initialize NVML: Driver/library version mismatch", 18),
      "NVIDIA_DRIVER_MISMATCH",
      1,
    ],
    ["a hang, without asking again", hung, "TOOL_TIMEOUT", 1],
    ["garbage", exited("\u0000\u0007 zzz"), "TOOL_UNREADABLE", 4],
    ["a failure", exited("Fehler: kein Zugriff", 3), "TOOL_FAILED", 4],
  ])("explains %s", async (_, answer, code, asked) => {
    const calls: string[] = [];
    const { findings, notes } = await probe(answer, { calls });
    expect(findings).toEqual([]);
    expect(notes.map((note) => note.code)).toEqual([code]);
    expect(calls.length).toBe(asked);
  });

  it("is silent where nvidia-smi is not installed", async () => {
    expect(await probeNvidia(fakeSystem({}))).toEqual({ findings: [], notes: [] });
  });

  it.each([
    [{ CUDA_VISIBLE_DEVICES: "1", CUDA_DEVICE_ORDER: "PCI_BUS_ID" }, ["NVIDIA L40S"], "VISIBLE_DEVICES"],
    [{ CUDA_VISIBLE_DEVICES: "GPU-8a3c1f20-0000-0000-0000-000000000002" }, ["NVIDIA L40S"], "VISIBLE_DEVICES"],
    [{ CUDA_VISIBLE_DEVICES: "-1", CUDA_DEVICE_ORDER: "PCI_BUS_ID" }, [], "VISIBLE_DEVICES"],
    [{ CUDA_VISIBLE_DEVICES: "" }, [], "VISIBLE_DEVICES"],
    [{ CUDA_VISIBLE_DEVICES: "0" }, ["NVIDIA GeForce RTX 4080 SUPER", "NVIDIA L40S"], "VISIBLE_DEVICES_UNCLEAR"],
  ])("follows %o", async (env, names, code) => {
    const { findings, notes } = await probe(smi({ full: fixture("nvidia-query.csv") }), { env });
    expect(findings.map((one) => one.name)).toEqual(names);
    expect(notes.map((note) => note.code)).toEqual([code]);
  });
});
