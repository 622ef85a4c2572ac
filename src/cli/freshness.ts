import { TOOL } from "../version.js";
import { say } from "./errors.js";
import type { Io } from "./io.js";

/** Months after which models and cards are missing that people ask for. */
const MONTHS = 6;

/** Says on a terminal that the shipped data is old; FITCHECK_IGNORE_OLD_DATA silences it. Asks no network. */
export function warnOfOldData(io: Io, dataDate: string = TOOL.dataDate): void {
  if (!io.isTTY || io.env["FITCHECK_IGNORE_OLD_DATA"]) return;
  const old = new Date(dataDate);
  old.setUTCMonth(old.getUTCMonth() + MONTHS);
  // A date that cannot be read is no reason to complain.
  if (!(io.now() > old.getTime())) return;
  say(
    io,
    `fitcheck: this version's data is of ${dataDate}, more than ${MONTHS} months old: newer models and cards are missing. ` +
      "Update fitcheck, or set FITCHECK_IGNORE_OLD_DATA=1.",
  );
}
