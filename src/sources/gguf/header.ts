import { Hyperparameters, type MetadataValue } from "../../core/hyperparameters.js";
import type { Note } from "../../core/note.js";
import { padTo } from "../../core/units.js";
import type { ByteSource } from "./byte-source.js";
import { HeaderCursor, type Reading } from "./cursor.js";
import { malformed } from "./malformed.js";
import { type Metadata, readMetadata } from "./metadata.js";
import { type GgufTensor, readTensorInfos, TYPICAL_TENSOR_INFO } from "./tensor-infos.js";

/** Which part of a split model a file is (`split.no`, `split.count`, `split.tensors.count`). */
export interface SplitInfo {
  /** Counted from 0. */
  readonly part: number;
  readonly count: number;
  /** Tensors of all parts together. */
  readonly tensorCount: number;
}

/** Everything of a GGUF that memory depends on. Of a split model: all parts together. */
export interface GgufHeader {
  readonly version: number;
  readonly endian: "little" | "big";
  /** `general.architecture` */
  readonly architecture: string;
  /** The architecture's own keys, without their prefix. */
  readonly metadata: Hyperparameters;
  /** All values that were read, under their full keys; long strings and the vocabulary are not. */
  readonly values: ReadonlyMap<string, MetadataValue>;
  /** Number of entries of the arrays that were skipped. */
  readonly arrayLengths: ReadonlyMap<string, number>;
  readonly general: { readonly name?: string; readonly fileType?: number };
  /** Tokens of the vocabulary, absent in files without one. */
  readonly vocabularySize?: number;
  readonly tensors: readonly GgufTensor[];
  /** Bytes up to the end of the tensor infos. */
  readonly headerBytes: number;
  /** Bytes the file should have: header, alignment and data. */
  readonly fileBytes: number;
  /** Bytes the file has; absent when a server does not say. */
  readonly presentBytes?: number;
  /** Bytes of tensor data, alignment between tensors included. */
  readonly dataBytes: number;
  readonly split?: SplitInfo;
  readonly notes: readonly Note[];
}

const MAGIC = "GGUF";
const DEFAULT_ALIGNMENT = 32;
/** A model of 100 layers with each of 256 experts a tensor of its own would have 80,000. */
const MAX_TENSORS = 200_000;
const MAX_KEYS = 100_000;

/**
 * Reads the header of one GGUF file, and of it only what memory depends on.
 * @throws FitcheckError BAD_FILE with one line on what is wrong with the file
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  const cursor = new HeaderCursor(source.name, source);
  const reading = readHeader(cursor);
  for (let step = reading.next(); ; step = reading.next()) {
    if (step.done) return step.value;
    cursor.supplied(await source.read(step.value.offset, step.value.target));
    cursor.size = source.size;
  }
}

/** The same for a file that lies in memory. */
export function parseGgufHeader(bytes: Uint8Array, name: string): GgufHeader {
  const cursor = new HeaderCursor(name, { size: bytes.length });
  const reading = readHeader(cursor);
  for (let step = reading.next(); ; step = reading.next()) {
    if (step.done) return step.value;
    const { offset, target } = step.value;
    const chunk = bytes.subarray(offset, offset + target.length);
    target.set(chunk);
    cursor.supplied(chunk.length);
  }
}

function* readHeader(cursor: HeaderCursor): Reading<GgufHeader> {
  const version = yield* readVersion(cursor);
  yield* cursor.need(16);
  const tensorCount = cursor.uint64();
  const keyCount = cursor.uint64();
  if (tensorCount > MAX_TENSORS) throw malformed(cursor.fileName, `${tensorCount} tensors are impossible`);
  if (keyCount > MAX_KEYS) throw malformed(cursor.fileName, `${keyCount} metadata keys are impossible`);

  const metadata = yield* readMetadata(cursor, keyCount, tensorCount * TYPICAL_TENSOR_INFO);
  const alignment = readAlignment(cursor, metadata);
  const { tensors, dataBytes } = yield* readTensorInfos(cursor, tensorCount, alignment);
  const headerBytes = cursor.offset;
  const split = readSplit(cursor, metadata);
  const fileBytes = padTo(headerBytes, alignment) + dataBytes;
  return {
    version,
    endian: cursor.littleEndian ? "little" : "big",
    ...describe(cursor, metadata, split),
    values: metadata.values,
    arrayLengths: metadata.arrayLengths,
    tensors,
    headerBytes,
    fileBytes,
    dataBytes,
    ...(cursor.size === undefined ? {} : { presentBytes: cursor.size }),
    ...(split ? { split } : {}),
    notes: incomplete(cursor.size, fileBytes, alignment),
  };
}

/** The version is the first number, so it also shows the byte order. */
function* readVersion(cursor: HeaderCursor): Reading<number> {
  yield* cursor.need(4);
  if (cursor.text(4) !== MAGIC) throw malformed(cursor.fileName, "this is not a GGUF file");
  yield* cursor.need(4);
  let version = cursor.uint32();
  if ((version & 0xffff) === 0) {
    cursor.littleEndian = false;
    version = swapped(version);
  }
  if (version !== 2 && version !== 3) {
    throw malformed(cursor.fileName, `GGUF version ${version} is not supported, only 2 and 3 are`);
  }
  return version;
}

function swapped(value: number): number {
  return ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

function readAlignment(cursor: HeaderCursor, metadata: Metadata): number {
  const alignment = metadata.values.get("general.alignment") ?? DEFAULT_ALIGNMENT;
  // A power of two, as ggml requires.
  if (typeof alignment !== "number" || !Number.isInteger(Math.log2(alignment)) || alignment > 2 ** 20) {
    throw malformed(cursor.fileName, `its alignment of ${String(alignment)} is impossible`);
  }
  return alignment;
}

function readSplit(cursor: HeaderCursor, metadata: Metadata): SplitInfo | undefined {
  const count = metadata.values.get("split.count");
  if (count === undefined || count === 0 || count === 1) return undefined;
  const part = metadata.values.get("split.no");
  const tensorCount = metadata.values.get("split.tensors.count");
  if (typeof count !== "number" || typeof part !== "number" || typeof tensorCount !== "number" || part >= count) {
    throw malformed(cursor.fileName, "its split.* keys contradict each other");
  }
  return { part, count, tensorCount };
}

function describe(
  cursor: HeaderCursor,
  metadata: Metadata,
  split: SplitInfo | undefined,
): Pick<GgufHeader, "architecture" | "metadata" | "general" | "vocabularySize"> {
  const { values, arrayLengths } = metadata;
  const architecture = values.get("general.architecture") ?? "";
  // Only the first part of a split model says what it is.
  if (typeof architecture !== "string" || (architecture === "" && (split?.part ?? 0) === 0)) {
    throw malformed(cursor.fileName, "it does not say its architecture (general.architecture)");
  }
  const prefix = `${architecture}.`;
  const own: Record<string, MetadataValue> = Object.create(null);
  for (const [key, value] of values) if (key.startsWith(prefix)) own[key.slice(prefix.length)] = value;
  const name = values.get("general.name");
  const fileType = values.get("general.file_type");
  const vocabularySize = arrayLengths.get("tokenizer.ggml.tokens");
  return {
    architecture,
    metadata: new Hyperparameters(architecture, own),
    general: {
      ...(typeof name === "string" && name !== "" ? { name } : {}),
      ...(typeof fileType === "number" ? { fileType } : {}),
    },
    ...(vocabularySize ? { vocabularySize } : {}),
  };
}

/** A file shorter than its header says is answered all the same, with a note. The padding behind the last tensor may be missing. */
function incomplete(size: number | undefined, fileBytes: number, alignment: number): Note[] {
  if (size === undefined || size > fileBytes - alignment) return [];
  return [{ code: "FILE_INCOMPLETE", args: { fileBytes: size, expectedBytes: fileBytes } }];
}
