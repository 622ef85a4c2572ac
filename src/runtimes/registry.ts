import { llamaCli } from "./llama-cli.js";
import { llamaCpp } from "./llama-cpp.js";
import { lmStudio } from "./lm-studio.js";
import { mlx } from "./mlx.js";
import { ollama } from "./ollama.js";
import type { Runtime } from "./plan.js";
import { vllm } from "./vllm.js";

/** The runtimes, by the ids that `--runtime` takes. */
export const RUNTIMES = {
  "llama.cpp": llamaCpp,
  "llama-cli": llamaCli,
  ollama,
  lmstudio: lmStudio,
  vllm,
  mlx,
} as const satisfies Record<string, Runtime>;

export type RuntimeId = keyof typeof RUNTIMES;
export const RUNTIME_IDS = Object.keys(RUNTIMES) as RuntimeId[];
