import type { CommandSpec } from "./command.js";

/** `fitcheck card <model>`: what it is for, its licence and family, what it needs, how fast it was measured. */
export const card: CommandSpec = {
  name: "card",
  arguments: "[words...]",
  summary: "show all that is known of a model on one page",
  async run(invocation) {
    const { printCard } = await import("./card-page.js");
    return printCard(invocation);
  },
};
