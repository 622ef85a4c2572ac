import { expect, test } from "vitest";
import { offenders } from "./models.js";

test("lists that hold for every layer have an entry for every layer", () => {
  expect(
    offenders(({ entry }) => {
      const {
        block_count,
        nextn_predict_layers: added = 0,
        "rope.dimension_sections": _,
        ...rest
      } = entry.hyperparameters;
      const blocks = Number(block_count);
      for (const [key, value] of Object.entries(rest)) {
        if (!Array.isArray(value) || value.length === blocks) continue;
        // What says nothing of the added prediction layer may leave it out.
        if (value.length !== blocks - Number(added)) return `${key}: ${value.length} for ${blocks} layers`;
      }
      return undefined;
    }),
  ).toEqual([]);
});

test("the context is that of the hyperparameters, or a note says why not", () => {
  expect(
    offenders(({ entry }) => {
      const written = entry.hyperparameters.context_length;
      if (written === entry.contextLength || entry.notes !== undefined) return undefined;
      // llama.cpp's converter writes 2^20 for recurrent models, whatever they were trained for.
      if (written === 2 ** 20) return undefined;
      return `${entry.contextLength}, not ${written}`;
    }),
  ).toEqual([]);
});

test("mixtures of experts are tagged as such", () => {
  expect(
    offenders(({ entry }) => {
      const experts = (entry.hyperparameters.expert_count ?? 0) !== 0;
      return experts === entry.tags.includes("moe") ? undefined : entry.tags.join(" ");
    }),
  ).toEqual([]);
});
