import { fitModel } from "./commands/fit.js";
import { reportError, wantsJson } from "./errors.js";
import { warnOfOldData } from "./freshness.js";
import type { Io } from "./io.js";
import { helpText, parseCommandLine } from "./program.js";

/** Runs one command line. @returns the exit code: 0 something fits, 1 nothing does, 2 no answer */
export async function run(io: Io): Promise<number> {
  const code = await carryOut(io);
  warnOfOldData(io);
  return code;
}

async function carryOut(io: Io): Promise<number> {
  try {
    const parsed = parseCommandLine(io);
    if (parsed === undefined) return 0;
    const { command, words, flags } = parsed;
    if (command !== undefined) return await command.run({ words, flags, io });
    if (words.length === 0 && !wantsJson(io)) {
      io.err(helpText(io));
      return 2;
    }
    return await fitModel({ words, flags, io });
  } catch (error) {
    return reportError(error, io, wantsJson(io), io.argv.includes("--debug"));
  }
}
