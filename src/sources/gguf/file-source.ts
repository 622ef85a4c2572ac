import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FitcheckError } from "../../core/errors.js";
import type { ByteSource } from "./byte-source.js";

/**
 * A local file. Reads are synchronous underneath: a header is one or two of them, and a thread pool would cost more.
 * @throws FitcheckError BAD_FILE when it cannot be opened or is not a regular file
 */
export function openFile(path: string): ByteSource {
  const handle = open(path);
  const size = sizeOf(path, handle);
  return {
    name: path,
    size,
    cheapRead: 256 * 1024,
    async read(offset, target) {
      let filled = 0;
      while (filled < target.length) {
        const count = readSync(handle, target, filled, target.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    },
    async close() {
      closeSync(handle);
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function sizeOf(path: string, handle: number): number {
  const stat = fstatSync(handle);
  if (stat.isFile()) return stat.size;
  closeSync(handle);
  throw new FitcheckError("BAD_FILE", `${path}: this is not a file`);
}

function unreadable(path: string, error: unknown): FitcheckError {
  const code = (error as NodeJS.ErrnoException).code;
  const reason = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code ?? String(error)})`;
  return new FitcheckError("BAD_FILE", `${path}: ${reason}`);
}
