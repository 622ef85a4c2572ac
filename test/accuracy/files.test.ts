import { describe, expect, it } from "vitest";
import { tensorBytes } from "../../src/core/ggml.js";
import { prepareQuantization, quantizedBytes, quantizedTensors } from "../../src/core/quantize.js";
import { parseQuant } from "../../src/core/quantize-names.js";
import { fileRows, measuredModels, readHeader } from "./load.js";

/** Every quantization of every measured model, from nothing but names, shapes and hyperparameters. */
describe.each(measuredModels())("tensor bytes of %s", (model) => {
  const header = readHeader(model);
  const plan = prepareQuantization(header.tensors, header.metadata);

  it.each(fileRows(model))("as $quant", (row) => {
    const quant = parseQuant(row.quant);
    const tensors = quantizedTensors(plan, quant);
    const byType: Record<string, number> = {};
    for (const tensor of tensors) {
      byType[tensor.type] = (byType[tensor.type] ?? 0) + tensorBytes(tensor.type, tensor.shape);
    }
    expect(byType).toEqual(row.bytes_by_type);
    expect(quantizedBytes(plan, quant)).toBe(row.tensor_bytes);
    expect(tensors).toHaveLength(row.tensors);
  });
});
