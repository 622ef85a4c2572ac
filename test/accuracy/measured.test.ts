import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import { loadModel } from "../../src/sources/load-model.js";
import { inexact, itHoldsTheBounds } from "./bounds.js";
import { measuredModel } from "./cells.js";
import { measuredModels } from "./load.js";
import { comparedCells, measuredCells, measuredRows, modelOf, otherVersion, refusedRows } from "./measured.js";

const all = await measuredCells();
const cells = await comparedCells();
const truth = new Set(measuredModels().map((name) => measuredModel(name)?.architecture.id));

describe("memory of catalog models, held against measurements beyond the ground truth", () => {
  itHoldsTheBounds(cells);

  it("is exact to the byte everywhere", () => {
    expect(inexact(cells)).toEqual([]);
  });

  it("covers every architecture of the catalog", async () => {
    const measured = new Set([...truth, ...cells.map((cell) => cell.architecture)]);
    const ids = readdirSync(new URL("../../data/models/", import.meta.url)).map((file) => file.replace(".json", ""));
    const architectures = await Promise.all(ids.map(async (id) => (await loadModel(id)).architecture.id));
    expect([...new Set(architectures)].filter((id) => !measured.has(id))).toEqual([]);
  });

  it("differs where the measuring build does by just what that build has more", () => {
    const byRow = new Map<object, { model: string; term: string; more: number; ours: number }>();
    for (const cell of all) {
      if (otherVersion(cell) === undefined || cell.term === "total") continue;
      const sum = byRow.get(cell.row) ?? { model: cell.model, term: cell.term, more: 0, ours: 0 };
      sum.more += cell.measured - cell.estimated;
      sum.ours += cell.estimated;
      byRow.set(cell.row, sum);
    }
    // the bias of 256 experts; the cache of a 48th block
    const expected = ({ term, ours }: { term: string; ours: number }) => (term === "weights" ? 1024 : ours / 47);
    for (const sum of byRow.values()) expect(sum.more, sum.model).toBe(expected(sum));
    expect(byRow.size).toBe(52);
  });

  it("refuses what llama.cpp refuses", async () => {
    const refused = refusedRows();
    for (const row of refused) {
      const { model: id, quant, refused: _, gpusMib: __, ...settings } = row;
      const model = await modelOf(row);
      expect(() => estimateMemory(model, { quant, ...settings }), id).toThrow(FitcheckError);
    }
    expect(refused.length).toBeGreaterThan(0);
    expect(measuredRows().length).toBeGreaterThan(1400);
  });
});
