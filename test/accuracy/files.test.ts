import { describe, expect, it } from "vitest";
import { fileResults } from "./files.js";
import { measuredModels } from "./load.js";

const models = measuredModels();

describe.each(models)("tensor bytes of %s", (model) => {
  it.each(fileResults(model).map((result) => ({ quant: result.row.quant, ...result })))("as $quant", (result) => {
    expect(result.bytesByType).toEqual(result.row.bytes_by_type);
    expect(result.bytes).toBe(result.row.tensor_bytes);
    expect(result.tensors).toBe(result.row.tensors);
  });
});

it("covers everything that was measured", () => {
  expect(models).toHaveLength(47);
  // 28 of each model, and of gpt-oss the three that exist.
  expect(models.flatMap(fileResults)).toHaveLength(46 * 28 + 3);
});
