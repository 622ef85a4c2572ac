import { z } from "zod";

/**
 * What a file in `data/models` says. Checked in tests and for files users bring; never while answering
 * from the shipped catalog, so import it for its types only there.
 */

const count = z.number().int().positive();
const id = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, "lower case letters, digits, dots and hyphens");
const date = z.string().regex(/^\d{4}-\d{2}(-\d{2})?$/, "YYYY-MM or YYYY-MM-DD");
const metadata = z.union([z.number(), z.boolean(), z.string(), z.array(z.number()), z.array(z.boolean())]);

/** What a model is for; the closed list that `fitcheck models` filters by. */
export const TAGS = ["base", "chat", "code", "embedding", "math", "moe", "reasoning", "rerank", "vision"] as const;

export const modelSchema = z
  .strictObject({
    $schema: z.literal("../schema/model.schema.json"),
    id: id.describe("Same as the file name"),
    name: z.string().min(1),
    aliases: z.array(z.string().min(1)).describe("What people type beside the id and the names of its repositories"),
    family: z.string().min(1),
    developer: z.string().min(1),
    tags: z.array(z.enum(TAGS)),
    architecture: z.string().min(1).describe("GGUF general.architecture, as llama.cpp's converter writes it"),
    hyperparameters: z
      .record(z.string(), metadata)
      .describe("GGUF keys without the architecture prefix, plus vocab_size and tensors.*"),
    parameters: z.strictObject({
      total: count.describe("Weights of the GGUF's tensors"),
      active: count.optional().describe("Weights used per token, mixtures of experts only"),
      published: count.optional().describe("The checkpoint's own count, where one is published"),
      note: z.string().optional().describe("Why total and published differ by more than 1 %"),
    }),
    contextLength: count.describe("Tokens it was trained for"),
    license: z
      .strictObject({
        spdx: z.string().optional(),
        name: z.string().optional(),
        commercial: z.enum(["yes", "no", "conditions"]).optional(),
      })
      .optional(),
    released: date.optional(),
    base: id.or(z.string()).optional().describe("The model it was made from: a catalog id or a repository"),
    teacher: z.string().optional().describe("The model whose answers it was distilled from"),
    repositories: z.strictObject({
      huggingFace: z.string().optional(),
      gguf: z.array(z.string()).optional(),
      ollama: z.string().optional(),
    }),
    files: z
      .strictObject({
        repository: z.string().describe("Whose files these are"),
        bytes: z.record(z.string(), count).describe("Quantization -> exact bytes, all parts of a split file"),
      })
      .optional(),
    sources: z.record(z.string(), z.string()).describe("Group of facts -> where they were read"),
    notes: z.array(z.string()).optional(),
  })
  .describe("One model of fitcheck's catalog");

export type ModelEntry = z.infer<typeof modelSchema>;

/** The same as a JSON Schema, for editors (`$schema` of every entry). */
export function modelJsonSchema(): unknown {
  return z.toJSONSchema(modelSchema, { io: "input" });
}
