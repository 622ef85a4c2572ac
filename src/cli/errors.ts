import type { FitcheckError } from "../core/errors.js";
import { plain } from "../render/format.js";
import { wrap } from "../render/wrap.js";
import type { Io } from "./io.js";

/** The code for what should not happen; not a FitcheckError, because no user can cause or handle it. */
const INTERNAL = "INTERNAL";

/** Prints why there is no answer: one JSON object on stdout, or lines on stderr. @returns the exit code, 2 */
export function reportError(error: unknown, io: Io, json: boolean, debug: boolean): 2 {
  const known = isFitcheckError(error);
  const message = error instanceof Error ? error.message : String(error);
  const hint = known ? error.hint : "This is a bug in fitcheck. Run it again with --debug and report what it prints.";
  const suggestions = known ? error.suggestions : [];
  if (json) {
    const body = { code: known ? error.code : INTERNAL, message, ...(hint === undefined ? {} : { hint }), suggestions };
    io.out(`${JSON.stringify({ schemaVersion: 1, error: body }, undefined, 2)}\n`);
  } else {
    say(io, `fitcheck: ${message}`);
    if (suggestions.length > 0)
      io.err(["Did you mean:\n", ...suggestions.map((each) => `  ${plain(each)}\n`)].join(""));
    if (hint !== undefined) say(io, `Hint: ${hint}`);
  }
  if (debug && error instanceof Error) io.err(`${error.stack}\n`);
  return 2;
}

/** Says one sentence on stderr, within the terminal's width. What was typed or read cannot colour or move anything. */
export function say(io: Io, sentence: string): void {
  io.err(`${wrap(plain(sentence), io.columns, "  ").join("\n")}\n`);
}

/** Is the answer wanted as JSON? Asked of a command line that may be no good, so nothing is parsed. */
export function wantsJson(io: Io): boolean {
  return (
    io.argv.includes("--json") ||
    / (-f|--format)[ =]?json( |$)/.test(` ${io.argv.join(" ")}`) ||
    io.env["FITCHECK_FORMAT"] === "json"
  );
}

/** By name: what is loaded only when needed brings its own copy of the class. */
function isFitcheckError(error: unknown): error is FitcheckError {
  return error instanceof Error && error.name === "FitcheckError";
}
