import type { CommandSpec } from "./command.js";

/** `fitcheck recommend`: what of the catalog this hardware runs best. */
export const recommend: CommandSpec = {
  name: "recommend",
  arguments: "[words...]",
  summary: "what this hardware runs best; narrow it down with --task, --ctx or words",
  async run(invocation) {
    const { recommendFor } = await import("../recommend.js");
    return recommendFor(invocation);
  },
};
