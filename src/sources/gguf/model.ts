import type { Architecture } from "../../core/architecture.js";
import { FitcheckError } from "../../core/errors.js";
import { tensorBytes } from "../../core/ggml.js";
import { Hyperparameters } from "../../core/hyperparameters.js";
import type { Model, ModelSource } from "../../core/model.js";
import { GiB } from "../../core/units.js";
import { countActiveParameters, countParameters } from "../parameters.js";
import type { GgufHeader } from "./header.js";
import { quantLabel } from "./label.js";
import { malformed, quoted } from "./malformed.js";

export interface GgufReference {
  /** What the user typed; it becomes the model's id. */
  readonly id: string;
  /** Where the file is, for its name. */
  readonly place: string;
  readonly source: ModelSource;
  readonly preferredContext?: number;
}

/** Far beyond every real model, and near enough that nothing computed from them gets out of hand. */
const LIMITS: Readonly<Record<string, number>> = {
  block_count: 2048,
  context_length: 2 ** 31,
  embedding_length: 2 ** 20,
  feed_forward_length: 2 ** 24,
  expert_count: 2 ** 16,
  expert_used_count: 2 ** 16,
  nextn_predict_layers: 64,
  vocab_size: 2 ** 26,
  "attention.head_count": 2 ** 16,
  "attention.head_count_kv": 2 ** 16,
  "attention.key_length": 2 ** 16,
  "attention.value_length": 2 ** 16,
};

/** Keys without which there is no model to speak of. */
const REQUIRED: readonly string[] = ["block_count", "context_length", "embedding_length"];

/**
 * The model in a GGUF file, its one quantization being the file's own.
 * @param architectureById the known families
 * @throws FitcheckError UNSUPPORTED_ARCHITECTURE, with the weights' bytes, which are exact all the same;
 *   BAD_FILE when the header describes no possible model
 */
export function modelFromGguf(
  header: GgufHeader,
  reference: GgufReference,
  architectureById: (id: string) => Architecture | undefined,
): Model {
  const architecture = architectureById(header.architecture);
  if (!architecture) throw unsupported(header, reference);
  return naming(reference.id, () => describeModel(header, reference, architecture));
}

function describeModel(header: GgufHeader, reference: GgufReference, architecture: Architecture): Model {
  const hyperparameters = completed(header);
  checkLimits(hyperparameters, reference.id);
  // Whether every layer is described shows now, not in the middle of an estimate.
  architecture.layers(hyperparameters);
  const active = countActiveParameters(header.tensors, hyperparameters);
  return {
    id: reference.id,
    name: header.general.name ?? fileName(reference.place),
    source: reference.source,
    architecture,
    hyperparameters,
    tensors: header.tensors,
    parameters: countParameters(header.tensors),
    ...(active === undefined ? {} : { activeParameters: active }),
    contextLength: hyperparameters.number("context_length"),
    quants: [
      {
        quant: quantLabel(header, reference.place),
        fileBytes: header.fileBytes,
        fileSource: "file",
        tensors: header.tensors,
      },
    ],
    ...(reference.preferredContext === undefined ? {} : { preferredContext: reference.preferredContext }),
    notes: header.notes,
  };
}

/** Hyperparameters that are missing do not know which file misses them. */
function naming<T>(id: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FitcheckError) || error.code !== "BAD_FILE" || error.message.startsWith(id)) throw error;
    throw malformed(id, error.message);
  }
}

/** Many files leave out the vocabulary size, since the vocabulary itself says it. */
function completed(header: GgufHeader): Hyperparameters {
  const { metadata } = header;
  if (metadata.has("vocab_size")) return metadata;
  const rows = header.tensors.find((tensor) => tensor.name === "token_embd.weight")?.shape[1];
  const size = header.vocabularySize ?? rows;
  if (size === undefined) return metadata;
  return new Hyperparameters(metadata.architecture, { ...metadata.values, vocab_size: size });
}

/** A number out of bounds would be answered with nonsense, or computed for ever. */
function checkLimits(hp: Hyperparameters, id: string): void {
  for (const key of REQUIRED) {
    if (!(hp.number(key) >= 1)) throw impossible(hp, key, id);
  }
  for (const [key, limit] of Object.entries(LIMITS)) {
    const value = hp.values[key];
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (entry === undefined || typeof entry === "boolean") continue;
      if (!(Number.isInteger(entry) && entry >= 0 && entry <= limit)) throw impossible(hp, key, id);
    }
  }
}

function impossible(hp: Hyperparameters, key: string, id: string): FitcheckError {
  const value = hp.values[key];
  const shown = Array.isArray(value) ? "" : ` (${String(value).slice(0, 32)})`;
  return malformed(id, `"${hp.architecture}.${key}" has an impossible value${shown}`);
}

function unsupported(header: GgufHeader, reference: GgufReference): FitcheckError {
  const bytes = header.tensors.reduce((total, { type, shape }) => total + tensorBytes(type, shape), 0);
  const weights = `its weights take ${(bytes / GiB).toFixed(2)} GiB (${bytes} bytes)`;
  const what = quoted(header.architecture);
  return new FitcheckError(
    "UNSUPPORTED_ARCHITECTURE",
    `${reference.id}: the architecture ${what} is not known; ${weights}`,
    {
      hint:
        header.architecture === "clip"
          ? "This is the projector of a multimodal model, not the model."
          : "What it needs beyond its weights depends on the architecture and is not guessed.",
    },
  );
}

function fileName(place: string): string {
  return place.replace(/^.*[/\\]/s, "").replace(/\.gguf$/i, "");
}
