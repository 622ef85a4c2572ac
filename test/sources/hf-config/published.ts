import { readFileSync } from "node:fs";
import { FitcheckError } from "../../../src/core/errors.js";
import { estimateMemory } from "../../../src/core/estimate-memory.js";
import type { MemoryEstimate } from "../../../src/core/report.js";
import { modelOfCheckpoint } from "../../../src/sources/checkpoint.js";

/** A line of `test/fixtures/configs/published.jsonl`; the README beside it tells what each key means. */
export interface Published {
  readonly model: string;
  readonly source: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters?: number;
  readonly why?: keyof typeof REASONS;
}

/** Why a published count is not the number of weights in a GGUF. */
export const REASONS = {
  estimate: "not counted but computed from width and depth, as if of a plain decoder",
  rounded: "rounded to a hundred million",
  tower: "counts a vision or audio tower, which is a file of its own",
  prediction: "counts next-token prediction blocks, which the converter leaves out or the recorded config omits",
  packed: "counts elements as packed in a quantized checkpoint, and its scales",
  twice: "counts the tied output again",
  masks: "counts the attention masks that the checkpoint stores",
  headless: "the checkpoint lacks the output matrix that its config speaks of",
  table: "the config was read from a framework's table, which says nothing true of the output",
} as const;

export interface Converted {
  readonly entry: Published;
  readonly architecture: string;
  readonly parameters: number;
  readonly estimate: MemoryEstimate;
}

export interface Refused {
  readonly entry: Published;
  readonly error: FitcheckError;
}

const FILE = new URL("../../fixtures/configs/published.jsonl", import.meta.url);

export const PUBLISHED: readonly Published[] = readFileSync(FILE, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

/** The model a config describes, and what it takes with 8192 tokens; or why it is refused. */
export function outcome(entry: Published): Converted | Refused {
  try {
    const model = modelOfCheckpoint({ id: entry.model, name: entry.model, source: "folder", config: entry.config });
    return {
      entry,
      architecture: model.architecture.id,
      parameters: model.parameters,
      estimate: estimateMemory(model, { contextLength: 8192, quant: "Q8_0" }),
    };
  } catch (error) {
    if (error instanceof FitcheckError) return { entry, error };
    throw error;
  }
}

/** How far the inventory's count is from the published one, as a share of it. */
export function deviation({ entry, parameters }: Converted): number | undefined {
  return entry.parameters === undefined ? undefined : parameters / entry.parameters - 1;
}
