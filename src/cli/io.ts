/** The whole world as one value: what `run` may read and where it may write. Tests pass their own. */
export interface Io {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** True when stdout is a terminal. */
  readonly isTTY: boolean;
  /** Width of the terminal; undefined when stdout is not one. */
  readonly columns: number | undefined;
  out(text: string): void;
  err(text: string): void;
}

/** The real world. */
export function nodeIo(): Io {
  const { stdout, stderr } = process;
  // A reader that stops reading (`| head -1`) is not an error.
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    isTTY: stdout.isTTY === true,
    columns: stdout.columns,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
  };
}
