import type { CommandSpec } from "./command.js";

/** `fitcheck gpus [words]`: this machine's devices and what `--gpu` knows, or the part of it that the words name. */
export const gpus: CommandSpec = {
  name: "gpus",
  arguments: "[words...]",
  summary: "show this machine's GPUs and those that --gpu knows, or search them",
  async run({ words, flags, io }) {
    const { listGpus } = await import("../gpu-lists.js");
    return listGpus(words, flags, io);
  },
};
