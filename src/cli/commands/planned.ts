import { FitcheckError } from "../../core/errors.js";
import type { CommandSpec } from "./command.js";

/** A word that is reserved for a command that this version does not have. */
export function planned(name: string): CommandSpec {
  return {
    name,
    arguments: "[words...]",
    summary: "not available yet",
    hidden: true,
    run() {
      throw new FitcheckError("BAD_VALUE", `the command "${name}" is not available yet`, {
        hint: "fitcheck --help lists the commands of this version.",
      });
    },
  };
}
