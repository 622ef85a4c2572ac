import { blockSize, type GgmlType, ggmlTypeById, tensorBytes } from "../../core/ggml.js";
import type { TypedTensor } from "../../core/model.js";
import { padTo } from "../../core/units.js";
import type { HeaderCursor, Reading } from "./cursor.js";
import { malformed, quoted } from "./malformed.js";

/** A tensor as a GGUF header lists it. */
export interface GgufTensor extends TypedTensor {
  /** Bytes from the start of the data section. */
  readonly offset: number;
}

/** Mean bytes of one tensor info: a name of some 25 letters, two dimensions, type and offset. */
export const TYPICAL_TENSOR_INFO = 66;

const MAX_NAME_BYTES = 1024;
/** `GGML_MAX_DIMS` */
const MAX_DIMENSIONS = 4;

/** Types ggml once had: files with them can no longer be loaded. */
const REMOVED_TYPES: Readonly<Record<number, string>> = {
  4: "Q4_2",
  5: "Q4_3",
  31: "Q4_0_4_4",
  32: "Q4_0_4_8",
  33: "Q4_0_8_8",
  36: "IQ4_NL_4_4",
  37: "IQ4_NL_4_8",
  38: "IQ4_NL_8_8",
};

/**
 * Reads `count` tensor infos with the checks llama.cpp makes when it loads a file (`gguf_init_from_reader`):
 * possible shapes, whole blocks, unique names, and data that lies in order without gaps.
 */
export function* readTensorInfos(
  cursor: HeaderCursor,
  count: number,
  alignment: number,
): Reading<{ tensors: GgufTensor[]; dataBytes: number }> {
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  let dataBytes = 0;
  for (let i = 0; i < count; i++) {
    cursor.expected = (count - i) * TYPICAL_TENSOR_INFO;
    const tensor = yield* readTensorInfo(cursor, i);
    if (names.has(tensor.name)) throw malformed(cursor.fileName, `the tensor ${quoted(tensor.name)} occurs twice`);
    names.add(tensor.name);
    if (tensor.offset !== dataBytes) {
      const problem = `the data of tensor ${quoted(tensor.name)} starts at ${tensor.offset} instead of ${dataBytes}`;
      throw malformed(cursor.fileName, problem);
    }
    dataBytes += padTo(tensorBytes(tensor.type, tensor.shape), alignment);
    if (!Number.isSafeInteger(dataBytes)) throw malformed(cursor.fileName, "its tensors are impossibly large");
    tensors.push(tensor);
  }
  return { tensors, dataBytes };
}

function* readTensorInfo(cursor: HeaderCursor, index: number): Reading<GgufTensor> {
  yield* cursor.need(8);
  const length = cursor.uint64();
  if (length === 0 || length > MAX_NAME_BYTES) {
    throw malformed(cursor.fileName, `the name of tensor ${index + 1} has the impossible length ${length}`);
  }
  yield* cursor.need(length + 4);
  const name = cursor.text(length);
  const dimensions = cursor.uint32();
  if (dimensions > MAX_DIMENSIONS) {
    const problem = `the tensor ${quoted(name)} has ${dimensions} dimensions, at most ${MAX_DIMENSIONS} are possible`;
    throw malformed(cursor.fileName, problem);
  }
  yield* cursor.need(dimensions * 8 + 12);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.push(cursor.uint64());
  const type = tensorType(cursor, name, cursor.uint32());
  checkShape(cursor, name, shape, type);
  return { name, shape, type, offset: cursor.uint64() };
}

function tensorType(cursor: HeaderCursor, name: string, id: number): GgmlType {
  const type = ggmlTypeById(id);
  if (type) return type;
  const removed = REMOVED_TYPES[id];
  const what = removed ? `${removed}, a type that ggml no longer has` : `the unknown type ${id}`;
  throw malformed(cursor.fileName, `the tensor ${quoted(name)} has ${what}`);
}

function checkShape(cursor: HeaderCursor, name: string, shape: readonly number[], type: GgmlType): void {
  const elements = shape.reduce((product, length) => product * length, 1);
  // Eight bytes per element is the widest type, so that bytes stay exact too.
  if (elements === 0 || elements * 8 > Number.MAX_SAFE_INTEGER) {
    throw malformed(cursor.fileName, `the tensor ${quoted(name)} has the impossible shape ${shape.join(" x ")}`);
  }
  const row = shape[0] ?? 1;
  if (row % blockSize(type) !== 0) {
    const problem = `the tensor ${quoted(name)} has rows of ${row}, which ${type} blocks of ${blockSize(type)} do not divide`;
    throw malformed(cursor.fileName, problem);
  }
}
