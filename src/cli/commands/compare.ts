import type { CommandSpec } from "./command.js";

/** `fitcheck compare <a> <b> ...`: models side by side on this hardware at this context. */
export const compare: CommandSpec = {
  name: "compare",
  arguments: "[words...]",
  summary: "hold models against each other on this hardware",
  async run(invocation) {
    const { printComparison } = await import("./compare-page.js");
    return printComparison(invocation);
  },
};
