import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import { fit as fitModel } from "../../src/core/fit.js";
import type { Device, Hardware } from "../../src/core/hardware.js";
import type { Model } from "../../src/core/model.js";
import type { MemoryEstimate, Placement, QuantReport } from "../../src/core/report.js";
import { DEFAULT_SETTINGS, type Settings } from "../../src/core/settings.js";
import { GiB } from "../../src/core/units.js";
import { loadCatalogModel } from "../../src/sources/catalog-model.js";

const CASES = Number(process.env["FITCHECK_CASES"] ?? 5000);

/** Families of every kind: dense, experts, sliding windows, latent attention, recurrent, shared caches. */
const MODELS = [
  "llama-3.2-1b",
  "llama-3.1-8b",
  "llama-3.3-70b",
  "deepseek-r1-distill-mistral-24b",
  "qwen3-8b",
  "qwen3-30b-a3b",
  "gpt-oss-20b",
  "gemma-3-27b",
  "mixtral-8x7b",
  "deepseek-r1",
  "phi-4",
].flatMap((id) => loadCatalogModel(id, id, undefined) ?? []);

const device = (usableBytes: number, i: number, memory: Device["memory"]): Device => ({
  id: `CUDA${i}`,
  name: "GPU",
  vendor: "nvidia",
  backend: "cuda",
  memory,
  totalBytes: usableBytes,
  usableBytes,
});

const sizes = fc.integer({ min: 3 * 1024, max: 96 * 1024 }).map((mib) => mib * 2 ** 20);
const hardware: fc.Arbitrary<Hardware> = fc
  .record({
    sizes: fc.oneof(
      { weight: 4, arbitrary: sizes.map((size) => [size]) },
      fc.array(sizes, { minLength: 2, maxLength: 3 }),
    ),
    unified: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
    ram: fc.integer({ min: 4, max: 256 }),
  })
  .map(({ sizes: all, unified, ram }) => ({
    source: "given",
    devices: unified ? [device(all[0] as number, 0, "unified")] : all.map((size, i) => device(size, i, "discrete")),
    host: { totalBytes: Math.max(ram * GiB, unified ? (all[0] as number) : 0) },
    notes: [],
  }));

const settings: fc.Arbitrary<Settings> = fc
  .record({
    contextLength: fc.integer({ min: 1, max: 160 }).map((n) => n * 256),
    parallel: fc.constantFrom(1, 1, 1, 2, 4),
    kvUnified: fc.boolean(),
    ubatch: fc.constantFrom(512, 512, 128, 1024),
    cache: fc.constantFrom("f16", "f16", "q8_0", "q4_0"),
    marginBytes: fc.constantFrom(GiB, GiB, GiB / 2, 0),
    swaFull: fc.boolean(),
  })
  .map(({ cache, ...rest }) => ({ ...DEFAULT_SETTINGS, ...rest, cacheTypeK: cache, cacheTypeV: cache }) as Settings);

interface Case {
  readonly model: Model;
  readonly quant: string;
  readonly hardware: Hardware;
  readonly settings: Settings;
}

const cases: fc.Arbitrary<Case> = fc
  .record({ model: fc.constantFrom(...MODELS), at: fc.nat(), hardware, settings })
  .map(({ model, at, ...rest }) => ({ model, quant: model.quants[at % model.quants.length]?.quant ?? "", ...rest }));

/** Bytes over what the case's hardware has, per device and in RAM; what is shared counts once. */
function over({ hardware: { devices, host }, settings: { marginBytes } }: Case, memory: MemoryEstimate): number {
  const onDevices = memory.devices.map(
    ({ totalBytes }, i) => totalBytes + marginBytes - (devices[i]?.usableBytes ?? 0),
  );
  const shared = memory.devices.reduce(
    (sum, part, i) => sum + (devices[i]?.memory === "unified" ? part.totalBytes : 0),
    0,
  );
  return Math.max(...onDevices, memory.host.totalBytes + shared - host.totalBytes);
}

type Where = Partial<Pick<Placement, "gpuLayers" | "cpuMoeLayers" | "kvOffload" | "tensorSplit" | "overrideTensors">>;

function estimate(
  { model, quant, hardware: { devices }, settings: given }: Case,
  where: Where,
  contextLength?: number,
) {
  return estimateMemory(model, {
    ...given,
    quant,
    devices: devices.map(({ usableBytes }) => ({ totalBytes: usableBytes })),
    ...where,
    ...(contextLength === undefined ? {} : { contextLength }),
  });
}

function whereOf({ gpuLayers, cpuMoeLayers, kvOffload, tensorSplit, overrideTensors }: Placement): Where {
  return {
    gpuLayers,
    cpuMoeLayers,
    kvOffload,
    ...(tensorSplit ? { tensorSplit } : {}),
    ...(overrideTensors ? { overrideTensors } : {}),
  };
}

/** The plans with one more layer, or the experts of one more, on the GPUs: on any of them, or as their sizes say. */
function oneMore({ gpuLayers, layers, cpuMoeLayers, tensorSplit, overrideTensors, kvOffload }: Placement): Where[] {
  // experts chosen by name stand for the first layer that does not go whole
  if (overrideTensors && cpuMoeLayers === 0) return [];
  const experts = overrideTensors ? cpuMoeLayers : cpuMoeLayers - 1;
  if (cpuMoeLayers > 0 && gpuLayers === layers) {
    const where = { gpuLayers, cpuMoeLayers: experts, kvOffload };
    return tensorSplit ? [{ ...where, tensorSplit }, where] : [where];
  }
  if (gpuLayers === layers) return [];
  const where = { gpuLayers: gpuLayers + 1, cpuMoeLayers, kvOffload };
  const splits = tensorSplit?.map((_, d) => tensorSplit.map((count, i) => (i === d ? count + 1 : count))) ?? [];
  return [where, ...splits.map((split) => ({ ...where, tensorSplit: split }))];
}

function check(given: Case): void {
  const row = fitModel(given.model, given.hardware, given.settings, {
    tool: { name: "", version: "", dataDate: "" },
    quants: [given.quant],
  }).quants[0] as QuantReport;
  const plan = row.placement;
  if (plan && plan.memory.devices.length > 0) {
    expect(plan.memory).toEqual(estimate(given, whereOf(plan)));
    if (row.verdict !== "tight") expect(over(given, plan.memory)).toBeLessThanOrEqual(0);
    if (row.verdict === "partial") {
      expect(over(given, row.required)).toBeGreaterThan(0);
      for (const more of oneMore(plan))
        expect(over(given, estimate(given, more)), JSON.stringify(more)).toBeGreaterThan(0);
    }
  }
  const { parallel, kvUnified } = given.settings;
  const step = 256 * (kvUnified ? 1 : parallel);
  const longest = row.maxContextLength;
  const split = row.verdict === "full" ? plan?.tensorSplit : undefined;
  if (longest > 0 && given.hardware.devices.length === 1) {
    expect(over(given, estimate(given, { gpuLayers: 999 }, longest))).toBeLessThanOrEqual(0);
  }
  const most = given.model.contextLength * (kvUnified ? 1 : parallel);
  if (longest + step <= most) {
    const where = { gpuLayers: 999, ...(split ? { tensorSplit: split } : {}) };
    expect(over(given, estimate(given, where, longest + step)), "more context").toBeGreaterThan(0);
  }
}

describe("plans", () => {
  it(`are what the estimator says, and the largest that fit, in ${CASES} random cases`, () => {
    expect(MODELS.length).toBeGreaterThan(8);
    fc.assert(fc.property(cases, check), { numRuns: CASES, seed: 6, endOnFailure: true });
  }, 300_000);
});
