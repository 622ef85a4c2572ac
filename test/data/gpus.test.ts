import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GiB, MiB } from "../../src/core/units.js";
import { findGpu, loadGpuCatalog } from "../../src/hardware/catalog.js";
import { gpuFileSchema } from "../../src/hardware/catalog-schema.js";
import { type GpuFile, gpusOfRow } from "../../src/hardware/gpu.js";

const folder = new URL("../../data/gpus/", import.meta.url);
const names = readdirSync(folder);

/** Numbers inside ids sort by value: rtx-3060-8gb before rtx-3060-12gb. */
const naturally = new Intl.Collator("en", { numeric: true });

describe.each(names)("data/gpus/%s", (name) => {
  const text = readFileSync(new URL(name, folder), "utf8");
  const file = JSON.parse(text) as GpuFile;

  it("follows the schema", () => {
    expect(() => gpuFileSchema.parse(file)).not.toThrow();
  });

  it("has one row per line, sorted, in at most 200 lines", () => {
    const lines = text.split("\n");
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(lines.filter((line) => line.startsWith('    { "id": ')).length).toBe(file.gpus.length);
    const ids = file.gpus.map((row) => row.id);
    expect(ids).toEqual([...ids].sort(naturally.compare));
  });

  it("says where every figure comes from", () => {
    for (const row of file.gpus) {
      expect(row.reportedMiB === undefined, row.id).toBe(row.reportedSource === undefined);
      expect(row.sharedFraction === undefined, row.id).toBe(row.sharedSource === undefined);
      for (const gpu of gpusOfRow(row, file)) {
        for (const source of Object.values(gpu.sources)) expect(source, row.id).not.toMatch(/^techpowerup:/);
      }
    }
    expect(file.gpus.some((row) => row.priceUsd !== undefined)).toBe(file.priceSource !== undefined);
  });

  it("has memory that can be: reported at most what is sold and hardly less, none only where the RAM is used", () => {
    for (const row of file.gpus) {
      for (const gpu of gpusOfRow(row, file)) {
        if (gpu.memoryBytes === undefined) {
          expect(gpu.sharedFraction, gpu.id).toBeDefined();
          continue;
        }
        if (gpu.reportedBytes === undefined) continue;
        expect(gpu.reportedBytes / gpu.memoryBytes, gpu.id).toBeGreaterThan(0.92);
        expect(gpu.reportedBytes / gpu.memoryBytes, gpu.id).toBeLessThan(1.02);
      }
    }
  });
});

describe("the GPU catalog", () => {
  const catalog = loadGpuCatalog();

  it("knows at least 250 GPUs, each by its own id", () => {
    const rows = names.reduce(
      (sum, name) => sum + (JSON.parse(readFileSync(new URL(name, folder), "utf8")) as GpuFile).gpus.length,
      0,
    );
    expect(rows).toBeGreaterThanOrEqual(250);
    expect(new Set(catalog.map((gpu) => gpu.id)).size).toBe(catalog.length);
    expect(new Set(catalog.map((gpu) => gpu.name)).size).toBe(catalog.length);
  });

  it.each([
    ["id", () => catalog.map((gpu) => [gpu.id, gpu.id] as const)],
    ["name", () => catalog.map((gpu) => [gpu.name, gpu.id] as const)],
    ["alias", () => catalog.flatMap((gpu) => gpu.aliases.map((alias) => [alias, gpu.id] as const))],
  ])("finds every GPU by its %s, and only that one", (_, pairs) => {
    for (const [typed, id] of pairs()) {
      const match = findGpu(typed);
      expect(match.kind === "match" ? [match.gpu.id, match.alike.length] : match, typed).toEqual([id, 0]);
    }
  });

  /** Figures that anyone can check, in GiB, GB/s and MiB. */
  it.each([
    ["rtx-4090", 24, 1008.4, 24564],
    ["rtx-4090-laptop", 16, 576, 16376],
    ["rtx-3090", 24, 936.2, 24576],
    ["rtx-5090", 32, 1792, 32607],
    ["l40s", 48, 864, 46068],
    ["t4", 16, 320, 15360],
    ["h100-sxm", 80, 3350, 81559],
    ["mi300x", 192, 5300, undefined],
    ["rx-7900-xtx", 24, 960, undefined],
    ["m3-max-40core-64gb", 64, 400, undefined],
    ["m4-pro-24gb", 24, 273, undefined],
  ])("%s has %d GiB and %d GB/s", (id, size, bandwidth, reported) => {
    const gpu = catalog.find((one) => one.id === id);
    expect(gpu?.memoryBytes).toBe(size * GiB);
    expect(gpu?.bandwidthBytesPerSecond).toBe(bandwidth * 1e9);
    expect(gpu?.reportedBytes).toBe(reported === undefined ? undefined : reported * MiB);
  });
});
