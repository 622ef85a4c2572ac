import { parameterCount } from "./format.js";

type Args = Readonly<Record<string, string | number>>;

/** Warnings about quality; their figures and sources are in docs/quality.md. */
export const qualityNotes: Readonly<Record<string, (args: Args) => string>> = {
  SMALL_MODEL_FOUR_BITS: (args) =>
    `Small models lose more: with ${parameterCount(Number(args["parameters"] ?? 0))} parameters, expect worse than usual from four bits and less. Files of 4.4 to 4.8 bits raised the perplexity of Qwen3.5 0.8B and 2B by 7 to 58 %.`,
  REASONING_THREE_BITS: () =>
    "Reasoning suffers first: three bits and less cost a reasoning model more of its answers than perplexity shows (arXiv 2601.14888). Prefer four.",
  CACHE_FOUR_BITS: () =>
    "A q4_0 cache loses quality: 2.8 points of MMLU-Pro on Qwen3 4B with llama.cpp before April 2026; since then it rotates the cache, and Qwen3.5 4B lost 0.2 % of perplexity. q8_0 cost 0.1 %.",
};
