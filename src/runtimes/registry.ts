import { llamaCpp } from "./llama-cpp.js";
import { ollama } from "./ollama.js";
import type { Runtime } from "./plan.js";

/** The runtimes, by the ids that `--runtime` takes. */
export const RUNTIMES = {
  "llama.cpp": llamaCpp,
  ollama,
} as const satisfies Record<string, Runtime>;

export type RuntimeId = keyof typeof RUNTIMES;
export const RUNTIME_IDS = Object.keys(RUNTIMES) as RuntimeId[];
