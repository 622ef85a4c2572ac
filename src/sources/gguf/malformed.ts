import { FitcheckError } from "../../core/errors.js";

/** Longest piece of a file's own text that a message repeats. */
const QUOTED = 64;

/** Text from a file made safe for one line of a message: printable, bounded, in double quotes. */
export function quoted(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, "?");
  return `"${printable.length > QUOTED ? `${printable.slice(0, QUOTED)}...` : printable}"`;
}

/** What is wrong with a file, as one line: `model.gguf: tensor "x" has 9 dimensions, at most 4 are possible`. */
export function malformed(fileName: string, reason: string): FitcheckError {
  return new FitcheckError("BAD_FILE", `${fileName}: ${reason}`);
}
