import { describe, expect, it } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import type { CacheType } from "../../src/core/ggml.js";
import type { Model } from "../../src/core/model.js";
import { MiB } from "../../src/core/units.js";
import { accuracyPage } from "./accuracy-page.js";
import { allCells, type Cell, measuredModel, onOneGpu, requestOf } from "./cells.js";
import { measuredModels, memoryRows, rejectedRows } from "./load.js";
import { runResults } from "./logs.js";

const cells = allCells();
const of = (term: Cell["term"]) => cells.filter((cell) => cell.term === term);
const off = (cell: Cell) => Math.abs(cell.estimated - cell.measured);
const relative = (cell: Cell) => (cell.measured === 0 ? (off(cell) === 0 ? 0 : 1) : off(cell) / cell.measured);
const describeCell = (cell: Cell) =>
  `${cell.model} ${cell.place} ${cell.term} ctx ${cell.row.n_ctx_requested} ub ${cell.row.n_ubatch} ngl ${cell.row.n_gpu_layers}: ${cell.estimated} for ${cell.measured}`;
const quantile = (values: number[], q: number) => values.sort((a, b) => a - b)[Math.ceil(values.length * q) - 1] ?? 0;

describe("memory, held against llama.cpp's own accounting", () => {
  it("knows every measured architecture", () => {
    expect(measuredModels().filter((name) => !measuredModel(name))).toEqual([]);
  });

  it("gives weights exact to the byte, on every device and on the host", () => {
    expect(
      of("weights")
        .filter((cell) => off(cell) > 0)
        .map(describeCell),
    ).toEqual([]);
  });

  it("gives cache and state exact to the byte", () => {
    expect(
      of("cache")
        .filter((cell) => off(cell) > 0)
        .map(describeCell),
    ).toEqual([]);
  });

  it("gives compute within 64 KiB in 8 of 10 rows with everything on one GPU", () => {
    const rows = of("compute").filter((cell) => cell.place === 0 && onOneGpu(cell.row));
    expect(rows.filter((cell) => off(cell) <= 64 * 1024).length / rows.length).toBeGreaterThanOrEqual(0.8);
    expect(rows.filter((cell) => off(cell) > 12 * MiB && relative(cell) > 0.1).map(describeCell)).toEqual([]);
  });

  it("gives compute everywhere within the bounds", () => {
    const errors = of("compute").map(relative);
    expect(quantile(errors, 0.5)).toBeLessThanOrEqual(0.005);
    expect(quantile(errors, 0.95)).toBeLessThanOrEqual(0.04);
    expect(
      of("compute")
        .filter((cell) => relative(cell) > 0.15 && off(cell) > 24 * MiB)
        .map(describeCell),
    ).toEqual([]);
  });

  it("gives the total of every device within the bounds", () => {
    const devices = of("total").filter((cell) => cell.place !== "host");
    expect(quantile(devices.map(relative), 0.5)).toBeLessThanOrEqual(0.0005);
    expect(devices.filter((cell) => relative(cell) > 0.015).map(describeCell)).toEqual([]);
  });

  it("refuses what llama.cpp refuses", () => {
    const rejected = measuredModels().flatMap((name) => rejectedRows(name).map((row) => ({ name, row })));
    for (const { name, row } of rejected) {
      const given = new Map(row.settings.split(" ").map((part) => part.split("=") as [string, string]));
      const model = measuredModel(name) as Model;
      const request = {
        contextLength: Number(given.get("ctx")),
        cacheTypeK: (given.get("ctk") ?? "f16") as CacheType,
        cacheTypeV: (given.get("ctv") ?? "f16") as CacheType,
        flashAttention: (given.get("fa") ?? "auto") as "auto" | "off",
      };
      expect(() => estimateMemory(model, request), `${name} ${row.settings}`).toThrow(FitcheckError);
    }
    expect(rejected.length).toBeGreaterThan(0);
  });

  it("comes to the same with every block built as with repetitions left out", async () => {
    const { accountMemory } = await import("../../src/core/memory.js");
    for (const name of measuredModels()) {
      const model = measuredModel(name);
      if (!model) continue;
      const tensors = model.quants[0]?.tensors ?? [];
      const weighted = {
        architecture: model.architecture,
        hp: model.hyperparameters,
        tensors,
        types: tensors.map((tensor) => tensor.type),
      };
      for (const row of memoryRows(name).filter((_, i) => i % 4 === 0)) {
        const request = requestOf(row);
        expect(accountMemory(weighted, { ...request, everyBlock: true }), name).toEqual(
          accountMemory(weighted, request),
        );
      }
    }
  }, 60_000);

  it("writes docs/accuracy.md", async () => {
    await expect(accuracyPage(cells, await runResults())).toMatchFileSnapshot("../../docs/accuracy.md");
  });
});
