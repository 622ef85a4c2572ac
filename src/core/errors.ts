/** What can keep fitcheck from answering. The codes are part of the JSON contract. */
export type ErrorCode =
  | "UNKNOWN_MODEL"
  | "AMBIGUOUS_MODEL"
  | "UNKNOWN_GPU"
  | "NO_GPU"
  | "BAD_VALUE"
  | "BAD_FILE"
  | "UNSUPPORTED_ARCHITECTURE"
  | "SOURCE_FAILED";

export interface ErrorDetails {
  /** What the user can do about it, one sentence. */
  readonly hint?: string;
  /** Names or values to try instead, best first, at most five. */
  readonly suggestions?: readonly string[];
}

/**
 * The one error type users see: a code for scripts, a sentence for people.
 * The text carries no ANSI. "Does not fit" is a value, never an error.
 */
export class FitcheckError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly suggestions: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = "FitcheckError";
    this.code = code;
    this.hint = details.hint;
    this.suggestions = details.suggestions ?? [];
  }
}

/** More letters than any name has. */
const LONGEST_NAME = 200;

/** What was typed, cut where it is longer than any name, so that a message stays one line. */
export function shortened(text: string): string {
  return text.length > LONGEST_NAME ? `${text.slice(0, 60)}...` : text;
}
