import type { MetadataValue } from "../../core/hyperparameters.js";
import type { HeaderCursor, Reading } from "./cursor.js";
import { malformed, quoted } from "./malformed.js";

/** `enum gguf_type`: what a metadata value is. */
const VALUE_TYPE = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

/** Bytes of the types of fixed size, by `enum gguf_type`; 0 for strings and arrays. */
const FIXED_BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/** Longer strings (chat templates, licences) are skipped: no memory depends on them. */
const MAX_KEPT_STRING = 1024;
/** Longer arrays are skipped and counted: per-layer values never have more entries than this. */
const MAX_KEPT_ARRAY = 4096;
/** More strings than any vocabulary or merge list has. */
const MAX_STRINGS = 8_000_000;
const MAX_KEY_BYTES = 65_535;
const MAX_DEPTH = 4;

/** Mean bytes of a string, its length field included, until the file has shown its own. */
const TYPICAL_TOKEN = 8 + 7;
const TYPICAL_MERGE = 8 + 11;
/** Strings after which their mean is believed: a vocabulary's first ones are single letters. */
const TELLING = 10_000;
/** Later strings are longer. */
const GROWTH = 1.05;
/** The share of the merges that is read before their number is known. */
const MERGES_AHEAD = 0.4;
/** Bytes of the keys that usually follow a vocabulary: special tokens and a chat template. */
const TYPICAL_REST = 6 * 1024;

export interface Metadata {
  /** Every value that may matter, by its full key. */
  readonly values: Map<string, MetadataValue>;
  /** Number of entries of the arrays that were skipped. */
  readonly arrayLengths: Map<string, number>;
}

/** Reads `count` key-value pairs. `tensorInfoBytes` is what probably follows them. */
export function* readMetadata(cursor: HeaderCursor, count: number, tensorInfoBytes: number): Reading<Metadata> {
  const metadata: Metadata = { values: new Map(), arrayLengths: new Map() };
  for (let i = 0; i < count; i++) {
    const key = yield* readKey(cursor, i);
    if (metadata.values.has(key) || metadata.arrayLengths.has(key)) {
      throw malformed(cursor.fileName, `the metadata key ${quoted(key)} occurs twice`);
    }
    yield* cursor.need(4);
    const type = cursor.uint32();
    if (type === VALUE_TYPE.array) yield* readArray(cursor, metadata, key, tensorInfoBytes);
    else if (type === VALUE_TYPE.string) yield* readString(cursor, metadata, key);
    else {
      yield* cursor.need(fixedBytes(cursor, type, key));
      metadata.values.set(key, readScalar(cursor, type));
    }
  }
  return metadata;
}

function* readKey(cursor: HeaderCursor, index: number): Reading<string> {
  yield* cursor.need(8);
  const length = cursor.uint64();
  if (length === 0 || length > MAX_KEY_BYTES) {
    throw malformed(cursor.fileName, `metadata key ${index + 1} has the impossible length ${length}`);
  }
  yield* cursor.need(length);
  return cursor.text(length);
}

function fixedBytes(cursor: HeaderCursor, type: number, key: string): number {
  const bytes = FIXED_BYTES[type];
  if (!bytes) throw malformed(cursor.fileName, `the metadata key ${quoted(key)} has the unknown value type ${type}`);
  return bytes;
}

/** Strings of any length are legal; only short ones are built. */
function* readString(cursor: HeaderCursor, metadata: Metadata, key: string): Reading<void> {
  yield* cursor.need(8);
  const length = cursor.uint64();
  if (length > MAX_KEPT_STRING) {
    cursor.skip(length);
    return;
  }
  yield* cursor.need(length);
  metadata.values.set(key, cursor.text(length));
}

function readScalar(cursor: HeaderCursor, type: number): number | boolean {
  switch (type) {
    case VALUE_TYPE.uint8:
      return cursor.uint8();
    case VALUE_TYPE.int8:
      return cursor.int8();
    case VALUE_TYPE.uint16:
      return cursor.uint16();
    case VALUE_TYPE.int16:
      return cursor.int16();
    case VALUE_TYPE.uint32:
      return cursor.uint32();
    case VALUE_TYPE.int32:
      return cursor.int32();
    case VALUE_TYPE.float32:
      return cursor.float32();
    case VALUE_TYPE.bool:
      return cursor.uint8() !== 0;
    case VALUE_TYPE.uint64:
      return cursor.uint64();
    case VALUE_TYPE.int64:
      return cursor.int64();
    default:
      return cursor.float64();
  }
}

function* readArray(cursor: HeaderCursor, metadata: Metadata, key: string, tensorInfoBytes: number): Reading<void> {
  yield* cursor.need(12);
  const type = cursor.uint32();
  const count = cursor.uint64();
  if (type === VALUE_TYPE.string || type === VALUE_TYPE.array) {
    metadata.arrayLengths.set(key, count);
    const model = metadata.values.get("tokenizer.ggml.model");
    const follows = tensorInfoBytes + bytesAfter(key, count, model === "gpt2");
    yield* skipElements(cursor, key, type, count, 0, follows);
    return;
  }
  const bytes = count * fixedBytes(cursor, type, key);
  if (count > MAX_KEPT_ARRAY || key.startsWith("tokenizer.")) {
    metadata.arrayLengths.set(key, count);
    cursor.skip(bytes);
    return;
  }
  yield* cursor.need(bytes);
  const entries: (number | boolean)[] = [];
  for (let i = 0; i < count; i++) entries.push(readScalar(cursor, type));
  metadata.values.set(key, entries as number[] | boolean[]);
}

/** Strings and arrays of arrays: walked, since only their content says how long they are. */
function* skipElements(
  cursor: HeaderCursor,
  key: string,
  type: number,
  count: number,
  depth: number,
  follows: number,
): Reading<void> {
  if (count > MAX_STRINGS) {
    throw malformed(cursor.fileName, `the metadata key ${quoted(key)} has the impossible number of ${count} entries`);
  }
  if (type === VALUE_TYPE.string) {
    const typical = key.endsWith(".merges") ? TYPICAL_MERGE : TYPICAL_TOKEN;
    yield* cursor.skipStrings(count, (left, walked, recent) => {
      const mean = walked >= TELLING ? recent * GROWTH : Math.max(typical, recent);
      cursor.expected = left * mean + follows;
    });
    return;
  }
  if (type !== VALUE_TYPE.array) {
    cursor.skip(count * fixedBytes(cursor, type, key));
    return;
  }
  if (depth === MAX_DEPTH) {
    throw malformed(cursor.fileName, `the metadata key ${quoted(key)} nests arrays deeper than ${MAX_DEPTH}`);
  }
  for (let i = 0; i < count; i++) {
    yield* cursor.need(12);
    yield* skipElements(cursor, key, cursor.uint32(), cursor.uint64(), depth + 1, follows);
  }
}

/**
 * What a vocabulary's other arrays will take, in the order converters write them: tokens, scores, types, merges.
 * Byte-pair vocabularies (`gpt2`) have at least about as many merges as tokens; the others have scores.
 */
function bytesAfter(key: string, count: number, bytePairs: boolean): number {
  if (!key.endsWith(".tokens")) return TYPICAL_REST;
  return TYPICAL_REST + count * (bytePairs ? 4 + MERGES_AHEAD * TYPICAL_MERGE : 4 + 4);
}
