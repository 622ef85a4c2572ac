import type { CommandSpec } from "./command.js";

/** `fitcheck models [words]`: the catalog, or the part of it that all the words occur in. */
export const models: CommandSpec = {
  name: "models",
  arguments: "[words...]",
  summary: "list the models of the catalog, or search them",
  async run({ words, flags, io }) {
    const [{ searchModels }, { modelColumns }, { printList }] = await Promise.all([
      import("../../sources/search.js"),
      import("../../render/model-list.js"),
      import("../print-list.js"),
    ]);
    return printList({ name: "models", items: searchModels(words), columns: modelColumns() }, words, flags, io);
  },
};
