import type { Io } from "./io.js";

/** Runs one command line. @returns the exit code: 0 something fits, 1 nothing does, 2 no answer */
export async function run(io: Io): Promise<number> {
  io.err("fitcheck: nothing here yet\n");
  return 2;
}
