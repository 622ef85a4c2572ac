import type { CommandSpec } from "./command.js";

/** `fitcheck gpus [words]`: what `--gpu` knows, or the part of it that all the words occur in. */
export const gpus: CommandSpec = {
  name: "gpus",
  arguments: "[words...]",
  summary: "list the GPUs that --gpu knows, or search them",
  async run({ words, flags, io }) {
    const [{ searchGpus }, { gpuColumns }, { printList }] = await Promise.all([
      import("../../hardware/catalog.js"),
      import("../../render/gpu-list.js"),
      import("../print-list.js"),
    ]);
    return printList({ name: "gpus", items: searchGpus(words.join(" ")), columns: gpuColumns() }, words, flags, io);
  },
};
