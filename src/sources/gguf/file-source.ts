import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { ByteSource } from "./byte-source.js";
import { malformed } from "./malformed.js";

/**
 * A local file. Reads are synchronous underneath: a header is one or two of them, and a thread pool would cost more.
 * @throws FitcheckError BAD_FILE when it cannot be opened or is not a regular file
 */
export function openFile(path: string): ByteSource {
  const size = sizeOf(path);
  const handle = attempt(path, () => openSync(path, "r"));
  return {
    name: path,
    size,
    cheapRead: 256 * 1024,
    async read(offset, target) {
      let filled = 0;
      while (filled < target.length) {
        const from = offset + filled;
        const count = attempt(path, () => readSync(handle, target, filled, target.length - filled, from));
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

/** Asked before opening, since opening a pipe waits for its other end. */
function sizeOf(path: string): number {
  const stat = attempt(path, () => statSync(path));
  if (!stat.isFile()) throw malformed(path, "this is not a file");
  return stat.size;
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw malformed(path, code === "ENOENT" ? "there is no such file" : `it cannot be read (${code ?? String(error)})`);
  }
}
