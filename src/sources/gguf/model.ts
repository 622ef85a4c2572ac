import type { Architecture } from "../../core/architecture.js";
import { FitcheckError } from "../../core/errors.js";
import { tensorBytes } from "../../core/ggml.js";
import { Hyperparameters } from "../../core/hyperparameters.js";
import type { Model, ModelSource } from "../../core/model.js";
import { checkLimits, checkParameters } from "../limits.js";
import { countActiveParameters, countParameters } from "../parameters.js";
import { unknownArchitecture } from "../unknown-architecture.js";
import type { GgufHeader } from "./header.js";
import { quantLabel } from "./label.js";
import { malformed } from "./malformed.js";

export interface GgufReference {
  /** What the user typed; it becomes the model's id. */
  readonly id: string;
  /** Where the file is, for its name. */
  readonly place: string;
  readonly source: ModelSource;
  readonly preferredContext?: number;
}

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
  if (!architecture) {
    const bytes = header.tensors.reduce((total, { type, shape }) => total + tensorBytes(type, shape), 0);
    throw unknownArchitecture(reference.id, header.architecture, bytes);
  }
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
    parameters: checkParameters(countParameters(header.tensors), reference.id),
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

function fileName(place: string): string {
  return place.replace(/^.*[/\\]/s, "").replace(/\.gguf$/i, "");
}
