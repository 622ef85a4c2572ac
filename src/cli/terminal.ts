import type { Terminal } from "../render/terminal.js";
import type { Io } from "./io.js";
import type { RawFlags } from "./options.js";

/** Decides once how to write: what is asked for here counts more than what the environment says. */
export function terminalOf(io: Io, flags: RawFlags): Terminal {
  const dumb = io.env["TERM"] === "dumb" || Boolean(io.env["NO_COLOR"]);
  return {
    columns: io.isTTY ? (io.columns ?? 80) : undefined,
    color: flags.color ?? (io.isTTY && !dumb),
  };
}
