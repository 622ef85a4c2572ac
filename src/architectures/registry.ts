import type { Architecture } from "../core/architecture.js";
import { gemma2, gemma3 } from "./gemma.js";
import { gptOss } from "./gpt-oss.js";
import { llama } from "./llama.js";
import { phi3 } from "./phi3.js";
import { qwen2 } from "./qwen2.js";
import { qwen3, qwen3moe } from "./qwen3.js";

const ALL: readonly Architecture[] = [gemma2, gemma3, gptOss, llama, phi3, qwen2, qwen3, qwen3moe];

/** The family with this GGUF `general.architecture`, undefined when fitcheck does not know it. */
export function architectureById(id: string): Architecture | undefined {
  return ALL.find((architecture) => architecture.id === id);
}

export function knownArchitectures(): string[] {
  return ALL.map((architecture) => architecture.id).sort();
}
