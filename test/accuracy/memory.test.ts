import { describe, expect, it } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import type { CacheType } from "../../src/core/ggml.js";
import type { Model } from "../../src/core/model.js";
import { accuracyPage } from "./accuracy-page.js";
import { itHoldsTheBounds } from "./bounds.js";
import { allCells, measuredModel, requestOf } from "./cells.js";
import { measuredModels, memoryRows, rejectedRows } from "./load.js";
import { runResults } from "./logs.js";
import { comparedCells } from "./measured.js";

const cells = allCells();
describe("memory, held against llama.cpp's own accounting", () => {
  it("knows every measured architecture", () => {
    expect(measuredModels().filter((name) => !measuredModel(name))).toEqual([]);
  });

  itHoldsTheBounds(cells);

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
    await expect(accuracyPage(cells, await comparedCells(), await runResults())).toMatchFileSnapshot(
      "../../docs/accuracy.md",
    );
  });
});
