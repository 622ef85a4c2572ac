import type { Io } from "../../src/cli/io.js";
import { run } from "../../src/cli/run.js";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly env?: Io["env"];
  /** Given: a terminal of this width. */
  readonly columns?: number;
  /** Milliseconds since 1970; by default long before any data. */
  readonly now?: number;
}

/** Runs a command line in a made-up world. Words are split at spaces; double quotes keep them together. */
export async function fitcheck(line: string, world: World = {}): Promise<Outcome> {
  const written = { out: "", err: "" };
  const code = await run({
    argv: (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', "")),
    env: world.env ?? {},
    isTTY: world.columns !== undefined,
    columns: world.columns,
    now: () => world.now ?? 0,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  return { code, ...written };
}
