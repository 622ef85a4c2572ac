import { z } from "zod";
import { CACHE_TYPES } from "../core/ggml.js";

/**
 * The JSON report as a schema: what data/schema/report.schema.json is written from and what tests hold reports
 * against. Nothing imports it at run time.
 */

const bytes = z.number().int().nonnegative();
const tokens = z.number().int().nonnegative();
const layers = z.number().int().nonnegative();

const note = z
  .object({
    code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    args: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .meta({ id: "Note", description: "A caveat: a stable code and its figures" });

const device = z.object({
  id: z.string().describe("In the style of llama.cpp: CUDA0"),
  name: z.string(),
  vendor: z.enum(["nvidia", "amd", "intel", "apple", "unknown"]),
  backend: z.enum(["cuda", "rocm", "vulkan", "metal", "sycl", "cpu"]),
  memory: z.enum(["discrete", "unified"]).describe("unified: the memory is the host's own"),
  totalBytes: bytes,
  reservedBytes: bytes.optional().describe("Kept by the driver for itself"),
  usedBytes: bytes.optional(),
  freeBytes: bytes.optional(),
  usableBytes: bytes.describe("What the answer is judged against"),
  bandwidthBytesPerSecond: z.number().positive().optional(),
  computeCapability: z.string().optional(),
  pciBusId: z.string().optional(),
  catalogId: z.string().optional().describe("The row of fitcheck gpus"),
  sources: z.record(z.string(), z.string()).optional().describe("Where each value comes from"),
});

const hostMemory = z.object({
  weightsBytes: bytes,
  cacheBytes: bytes,
  computeBytes: bytes,
  extraBytes: bytes.optional().describe("What runs beside the model; see extras"),
  totalBytes: bytes,
});

const memoryEstimate = z
  .object({
    devices: z.array(hostMemory.extend({ id: z.string(), overheadBytes: bytes })),
    host: hostMemory,
  })
  .meta({
    id: "MemoryEstimate",
    description: "Bytes per device and on the host, in the words of llama.cpp's memory breakdown",
  });

const placement = z.object({
  gpuLayers: layers.describe("-ngl, the output layer included"),
  layers: layers.describe("All there are, the output layer included"),
  cpuMoeLayers: layers.describe("--n-cpu-moe"),
  kvOffload: z.boolean(),
  tensorSplit: z.array(z.number()).optional(),
  overrideTensors: z.array(z.string()).optional().describe("-ot, each to be kept on the CPU"),
  memory: memoryEstimate,
});

const range = z.object({ low: z.number(), high: z.number() });

const quality = z
  .object({
    word: z.enum(["near-lossless", "small", "noticeable", "heavy"]).describe("For the worst of the measurements"),
    basis: z
      .enum(["reference", "same-family", "nearest-size"])
      .describe("reference: the published weights themselves; else which models were measured"),
    measuredBy: z.literal("bits").optional().describe("Files of as many bits were measured, not this recipe"),
    perplexityIncreasePercent: range.optional(),
    klDivergence: range.optional().describe("Mean, from the 16-bit weights"),
    models: z.array(z.string()),
    sources: z.array(z.string()),
  })
  .describe("Published measurements of the nearest models");

const speed = z.object({
  decodeTokensPerSecond: z.object({ low: z.number(), expected: z.number(), high: z.number() }),
});

const change = z
  .object({
    steps: z.array(note).min(1).max(2),
    options: z.record(z.string(), z.string()).describe("Options of the command line to set; a switch is empty"),
    drop: z.array(z.string()).optional().describe("Options to leave out"),
    verdict: z.enum(["full", "tight", "partial"]).describe("What the same command line then says"),
    memory: memoryEstimate.describe("What the plan then takes"),
    savedBytes: z.number().int().describe("GPU memory less than as asked"),
    speed: speed.optional(),
    cost: z.number().nonnegative().describe("What it costs the user, in points: lower is better"),
  })
  .meta({ id: "Change", description: "Something to do so that a quantization fits" });

const quant = z.object({
  quant: z.string(),
  contextLength: tokens.optional().describe("Only where several contexts were asked for"),
  bitsPerWeight: z.number().positive(),
  fileBytes: bytes,
  fileSource: z.enum(["file", "published", "computed"]),
  format: z.literal("safetensors").optional().describe("Present where the weights are no GGUF and llama.cpp is out"),
  required: memoryEstimate,
  verdict: z.enum(["full", "tight", "partial", "cpu", "none"]),
  grade: z.enum(["A", "B", "C", "D", "F"]),
  placement: placement.optional().describe("The best plan that fits; absent when none does"),
  maxContextLength: tokens.describe("The largest context that still fits fully on the GPU(s); 0 when none does"),
  speed: z
    .object({ decodeTokensPerSecond: z.object({ low: z.number(), expected: z.number(), high: z.number() }) })
    .optional(),
  quality: quality.optional(),
  changes: z.array(change).optional().describe("What would make it fit, the cheapest first"),
  notes: z.array(note),
});

const extra = z.object({
  kind: z.enum(["projector", "draft"]),
  name: z.string(),
  quant: z.string().optional(),
  fileBytes: bytes,
  memory: memoryEstimate,
});

const error = z
  .object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    suggestions: z.array(z.string()).max(5),
  })
  .meta({ id: "Error", description: "Why there is no answer" });

const settings = z.object({
  contextLength: tokens,
  parallel: z.number().int().positive(),
  kvUnified: z.boolean(),
  batch: tokens,
  ubatch: tokens,
  cacheTypeK: z.enum(CACHE_TYPES),
  cacheTypeV: z.enum(CACHE_TYPES),
  flashAttention: z.enum(["on", "off", "auto"]),
  swaFull: z.boolean(),
  allLogits: z.boolean(),
  kvOffload: z.boolean(),
  runtime: z.string(),
  marginBytes: bytes,
  gpuLayers: z.union([layers, z.literal("all")]).optional(),
  cpuMoeLayers: layers.optional(),
  tensorSplit: z.array(z.number()).optional(),
  overrideTensors: z.array(z.string()).optional(),
});

const tokenRange = z.object({ low: z.number(), high: z.number() });

const reasoning = z.object({
  kind: z.enum(["chat", "code", "hard"]),
  automatic: z.boolean(),
  budgetTokens: tokenRange.describe("One answer, thinking included"),
  promptTokens: tokens.describe("Assumed"),
  contextLength: tokens.describe("What to ask for"),
  quant: z.string().optional(),
  waitSeconds: tokenRange.optional(),
  sources: z.array(z.string()),
});

export const reportSchema = z
  .object({
    schemaVersion: z.literal(1),
    tool: z.object({ name: z.string(), version: z.string(), dataDate: z.string() }),
    model: z.object({
      id: z.string(),
      name: z.string(),
      source: z.string(),
      architecture: z.string(),
      parameters: z.number().int().positive(),
      activeParameters: z.number().int().positive().optional(),
      layers,
      contextLength: tokens,
      license: z.string().optional(),
    }),
    settings,
    assumed: z.array(z.string()).describe("The settings that were not given"),
    hardware: z.object({
      source: z.enum(["detected", "given"]),
      devices: z.array(device),
      host: z.object({ totalBytes: bytes, availableBytes: bytes.optional() }),
    }),
    quants: z.array(quant),
    recommended: z.object({ quant: z.string(), reason: z.string() }).optional(),
    reasoning: reasoning.optional().describe("Where it was asked for or the model is known to think"),
    extras: z.array(extra).optional().describe("What runs beside the model, counted in every estimate"),
    commands: z.record(z.string(), z.string()).optional().describe("Command lines by runtime"),
    notes: z.array(note),
    error: error.optional(),
  })
  .describe("What fitcheck <model> --json prints when there is an answer");

/** What is printed when there is none. */
export const errorSchema = z.object({ schemaVersion: z.literal(1), error });

/** Both as one JSON Schema. New fields may join within a version, so unknown ones are allowed. */
export function reportJsonSchema(): object {
  return z.toJSONSchema(z.union([reportSchema, errorSchema]), { io: "input" });
}
