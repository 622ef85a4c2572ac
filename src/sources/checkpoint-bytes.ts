import { type BytesByType, readSafetensorsFile } from "./safetensors/header.js";

/** What the headers of local safetensors files say, all together. */
export function checkpointBytes(paths: readonly string[]): BytesByType {
  return sumBytes(paths.map(readSafetensorsFile));
}

export function sumBytes(parts: readonly BytesByType[]): BytesByType {
  const total = new Map<string, number>();
  for (const part of parts) for (const [type, bytes] of part) total.set(type, (total.get(type) ?? 0) + bytes);
  return total;
}
