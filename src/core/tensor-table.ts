import { type GgmlType, isQuantized, tensorBytes } from "./ggml.js";
import { CUDA_ALIGNMENT, cudaTensorBytes, HOST_ALIGNMENT } from "./graph/cuda.js";
import type { TensorInfo } from "./model.js";
import { padTo } from "./units.js";

/** GGUF `general.alignment` unless a file says otherwise. */
const FILE_ALIGNMENT = 32;

/** Bytes of one shape in one type: bare, and padded as a file, the host and a GPU pad it. */
interface ShapeBytes {
  readonly bare: number;
  readonly inFile: number;
  readonly onHost: number;
  readonly onGpu: number;
}

/**
 * Bytes of a model's tensors in any type. A model has hundreds of tensors of a dozen shapes, and its
 * quantizations a dozen types, so each pair is worked out once.
 */
export class TensorTable {
  /** Shape of each tensor, as a number. */
  private readonly shapeOf: readonly number[];
  private readonly shapes: (readonly number[])[] = [];
  private readonly byType = new Map<GgmlType, (ShapeBytes | undefined)[]>();

  constructor(tensors: readonly TensorInfo[]) {
    const numbers = new Map<string, number>();
    this.shapeOf = tensors.map(({ shape }) => {
      const key = shape.join();
      let number = numbers.get(key);
      if (number === undefined) {
        number = this.shapes.length;
        numbers.set(key, number);
        this.shapes.push(shape);
      }
      return number;
    });
  }

  /** Bytes of the tensor at `index` when its type is `type`. */
  bytes(index: number, type: GgmlType): ShapeBytes {
    let row = this.byType.get(type);
    if (!row) {
      row = [];
      this.byType.set(type, row);
    }
    const number = this.shapeOf[index] as number;
    let bytes = row[number];
    if (!bytes) {
      bytes = shapeBytes(type, this.shapes[number] as readonly number[]);
      row[number] = bytes;
    }
    return bytes;
  }
}

function shapeBytes(type: GgmlType, shape: readonly number[]): ShapeBytes {
  const bare = tensorBytes(type, shape);
  return {
    bare,
    inFile: padTo(bare, FILE_ALIGNMENT),
    onHost: padTo(bare, HOST_ALIGNMENT),
    onGpu: padTo(isQuantized(type) ? cudaTensorBytes(type, shape[0] ?? 1, bare) : bare, CUDA_ALIGNMENT),
  };
}

const tables = new WeakMap<readonly TensorInfo[], TensorTable>();

/** The table of a tensor list, which all quantizations of a model share. */
export function tensorTable(tensors: readonly TensorInfo[]): TensorTable {
  let table = tables.get(tensors);
  if (!table) {
    table = new TensorTable(tensors);
    tables.set(tensors, table);
  }
  return table;
}
