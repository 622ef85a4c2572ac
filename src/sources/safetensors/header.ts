import { closeSync, openSync, readSync } from "node:fs";
import { FitcheckError } from "../../core/errors.js";

/** Largest header of a safetensors file (the format's own limit). */
const MAX_HEADER = 100_000_000;

/** Bytes of tensor data by element type (`BF16`, `F8_E4M3`, `U8`...), as the headers say. */
export type BytesByType = ReadonlyMap<string, number>;

/**
 * Adds up what a safetensors header says of its tensors: `data_offsets` of every entry.
 *
 * @throws FitcheckError BAD_FILE when it is not such a header
 */
export function parseSafetensorsHeader(json: string, name: string): BytesByType {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    throw malformed(name, "its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw malformed(name, "its header is no object");
  const bytes = new Map<string, number>();
  for (const [tensor, info] of Object.entries(header as Record<string, unknown>)) {
    if (tensor === "__metadata__") continue;
    const { dtype, data_offsets: offsets } = (info ?? {}) as { dtype?: unknown; data_offsets?: unknown };
    const [start, end]: unknown[] = Array.isArray(offsets) ? offsets : [];
    const size = Number(end) - Number(start);
    if (typeof dtype !== "string" || !Number.isSafeInteger(start) || !Number.isSafeInteger(end) || size < 0) {
      throw malformed(name, "a tensor of its header has no type or place");
    }
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + size);
  }
  return bytes;
}

/** The header of a local safetensors file: eight bytes of length, then JSON. */
export function readSafetensorsFile(path: string): BytesByType {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    throw malformed(path, "it cannot be read");
  }
  try {
    const prefix = Buffer.alloc(8);
    if (readSync(file, prefix, 0, 8, 0) < 8) throw malformed(path, "it ends before its header");
    const length = headerLength(prefix, path);
    const header = Buffer.alloc(length);
    if (readSync(file, header, 0, length, 8) < length) throw malformed(path, "it ends within its header");
    return parseSafetensorsHeader(header.toString("utf8"), path);
  } finally {
    closeSync(file);
  }
}

/** Length of the JSON from the file's first eight bytes. */
export function headerLength(prefix: Uint8Array, name: string): number {
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER || length < 2) throw malformed(name, "it is no safetensors file");
  return length;
}

function malformed(name: string, reason: string): FitcheckError {
  return new FitcheckError("BAD_FILE", `${name}: ${reason}`);
}
