import { tensorBytes } from "../../src/core/ggml.js";
import { prepareQuantization, quantizedBytes, quantizedTensors } from "../../src/core/quantize.js";
import { parseQuant } from "../../src/core/quantize-names.js";
import { type FileRow, fileRows, readHeader } from "./load.js";

/** A quantization's tensors as measured and as computed from names, shapes and hyperparameters alone. */
export interface FileResult {
  readonly row: FileRow;
  readonly bytes: number;
  readonly bytesByType: Readonly<Record<string, number>>;
  readonly tensors: number;
}

/** Every measured quantization of one model. */
export function fileResults(model: string): FileResult[] {
  const header = readHeader(model);
  const plan = prepareQuantization(header.tensors, header.metadata);
  return fileRows(model).map((row) => {
    const quant = parseQuant(row.quant);
    const tensors = quantizedTensors(plan, quant);
    const bytesByType: Record<string, number> = {};
    for (const { type, shape } of tensors) bytesByType[type] = (bytesByType[type] ?? 0) + tensorBytes(type, shape);
    return { row, bytes: quantizedBytes(plan, quant), bytesByType, tensors: tensors.length };
  });
}
