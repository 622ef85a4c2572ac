import type { Io } from "../io.js";
import type { RawFlags } from "../options.js";

/** What a command gets: its words, the options, and the world. */
export interface Invocation {
  readonly words: readonly string[];
  readonly flags: RawFlags;
  readonly io: Io;
}

/** A reserved word of the command line. Its work is imported only when it runs. */
export interface CommandSpec {
  readonly name: string;
  /** As commander spells arguments: `[words...]`. */
  readonly arguments: string;
  readonly summary: string;
  /** Left out of the help: this version has only the word. */
  readonly hidden?: boolean;
  /** @returns the exit code */
  run(invocation: Invocation): Promise<number>;
}
