import { llamaCpp } from "./llama-cpp.js";
import type { Runtime } from "./plan.js";

/** llama.cpp's own chat in the terminal: one conversation, else the same options as llama-server. */
export const llamaCli: Runtime = {
  id: "llama-cli",

  command(plan) {
    if (plan.settings.parallel > 1) return undefined;
    return llamaCpp
      .command(plan)
      ?.replace(/^llama-server/, "llama-cli")
      .replace(/ -np 1| --kv-unified/g, "");
  },

  unsupported: (plan) => llamaCpp.unsupported(plan),
};
