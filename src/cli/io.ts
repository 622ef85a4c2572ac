import { fstatSync, writeSync } from "node:fs";

/** The whole world as one value: what `run` may read and where it may write. Tests pass their own. */
export interface Io {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when stdout is a terminal. */
  readonly isTTY: boolean;
  /** Width of the terminal; undefined when stdout is not one. */
  readonly columns: number | undefined;
  /** Milliseconds since 1970. */
  now(): number;
  out(text: string): void;
  err(text: string): void;
}

/** The real world. */
export function nodeIo(): Io {
  const isTTY = isTerminal();
  return {
    argv: process.argv.slice(2),
    env: process.env,
    isTTY,
    columns: isTTY ? process.stdout.columns : undefined,
    now: () => Date.now(),
    out: (text) => (isTTY ? process.stdout.write(text) : writeAll(1, text)),
    err: (text) => writeAll(2, text),
  };
}

/** Asks for `process.stdout` only where it may be a terminal: building that stream costs milliseconds. */
function isTerminal(): boolean {
  try {
    return fstatSync(1).isCharacterDevice() && process.stdout.isTTY === true;
  } catch {
    // stdout is closed.
    return false;
  }
}

/** Writes all of the text at once, so that nothing is lost at exit. */
function writeAll(descriptor: 1 | 2, text: string): void {
  let rest = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A reader that stops reading (`| head -1`) is not an error, nor is a stream that never was open.
    if (code === "EPIPE" || code === "EBADF" || code === "EOF") return;
    if (code !== "EAGAIN") throw error;
    // A pipe that does not block is full: the stream waits until there is room.
    const stream = descriptor === 1 ? process.stdout : process.stderr;
    stream.on("error", () => {});
    stream.write(rest);
  }
}
