import { FitcheckError } from "../../core/errors.js";
import type { ByteSource } from "../gguf/byte-source.js";

/** Far above every real header: some 20,000 tensors in one file. The format itself allows 100 MB. */
const MAX_HEADER = 2_500_000;
/** Read at once: most headers fit, and the rest is one more read. */
const FIRST_READ = 128 * 1024;
/** Bytes before the header: its length. */
const PREFIX = 8;

/** Bytes of tensor data by element type (`BF16`, `F8_E4M3`, `U8`...). */
export type BytesByType = ReadonlyMap<string, number>;

/** What the header of a safetensors file says of its tensors. */
export interface SafetensorsHeader {
  readonly bytesByType: BytesByType;
  /** Of all tensors. */
  readonly dataBytes: number;
  /** Bytes the file should have. */
  readonly fileBytes: number;
  /** Bytes it has; absent when a server does not say. */
  readonly presentBytes: number | undefined;
}

/**
 * Reads the header: eight bytes of length, then JSON.
 *
 * @throws FitcheckError BAD_FILE when it is cut off, malformed, or contradicts itself
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const start = new Uint8Array(FIRST_READ);
  const count = await source.read(0, start);
  if (count < PREFIX) throw malformed(source.name, "it ends before its header");
  const length = Number(new DataView(start.buffer).getBigUint64(0, true));
  if (length < 2 || length > MAX_HEADER) throw malformed(source.name, "this is not a safetensors file");
  const header = new Uint8Array(length);
  const first = start.subarray(PREFIX, Math.min(count, PREFIX + length));
  header.set(first);
  const rest = first.length < length ? await source.read(PREFIX + first.length, header.subarray(first.length)) : 0;
  if (first.length + rest < length) throw malformed(source.name, "it ends within its header");
  const bytesByType = parseSafetensorsHeader(new TextDecoder().decode(header), source.name);
  const dataBytes = sum(bytesByType.values());
  return { bytesByType, dataBytes, fileBytes: PREFIX + length + dataBytes, presentBytes: source.size };
}

/**
 * Adds up the tensors of a header: `{name: {dtype, shape, data_offsets: [start, end]}}`.
 *
 * @throws FitcheckError BAD_FILE when it is none, or its tensors overlap or leave holes
 */
export function parseSafetensorsHeader(json: string, name: string): BytesByType {
  const bytes = new Map<string, number>();
  let end = 0;
  for (const [tensor, info] of Object.entries(parsedObject(json, name))) {
    if (tensor === "__metadata__") continue;
    const { dtype, data_offsets: offsets } = (info ?? {}) as { dtype?: unknown; data_offsets?: unknown };
    const [from, to]: unknown[] = Array.isArray(offsets) ? offsets : [];
    if (!isDtype(dtype) || !isPlace(from) || !isPlace(to) || to < from) {
      throw malformed(name, "a tensor of its header has no type or place");
    }
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + to - from);
    end = Math.max(end, to);
  }
  if (sum(bytes.values()) !== end) throw malformed(name, "its tensors overlap or leave holes");
  return bytes;
}

function parsedObject(json: string, name: string): object {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    throw malformed(name, "its header is not JSON");
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  throw malformed(name, "its header is not a JSON object");
}

function isDtype(value: unknown): value is string {
  return typeof value === "string" && /^[A-Z][A-Z0-9_]{0,15}$/.test(value);
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function malformed(name: string, reason: string): FitcheckError {
  return new FitcheckError("BAD_FILE", `${name}: ${reason}`);
}
