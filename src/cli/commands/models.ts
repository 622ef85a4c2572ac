import type { CommandSpec } from "./command.js";

/** `fitcheck models [words] [filters]`: the catalog, or the part of it that all the words and filters fit. */
export const models: CommandSpec = {
  name: "models",
  arguments: "[words...]",
  summary: "list the models of the catalog, or search them",
  async run(invocation) {
    const { listModels } = await import("../models-list.js");
    return listModels(invocation);
  },
};
