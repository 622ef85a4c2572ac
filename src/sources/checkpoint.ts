import { architectureById, knownArchitectures } from "../architectures/registry.js";
import { FitcheckError } from "../core/errors.js";
import { Hyperparameters } from "../core/hyperparameters.js";
import type { Model, ModelSource, QuantOffer } from "../core/model.js";
import { quantsFor } from "../core/quantize.js";
import { findQuant } from "../core/quantize-names.js";
import { convertConfig } from "./hf-config/convert.js";
import { countActiveParameters, countParameters } from "./parameters.js";
import type { BytesByType } from "./safetensors/header.js";
import { checkpointLabel } from "./safetensors/label.js";

export interface Checkpoint {
  /** What the user typed. */
  readonly id: string;
  readonly name: string;
  readonly source: ModelSource;
  /** The parsed config.json. */
  readonly config: unknown;
  /** What the safetensors headers say, empty where they were not read. */
  readonly bytes: BytesByType;
  /** All weight files together. */
  readonly fileBytes?: number | undefined;
  readonly published: boolean;
}

/**
 * A model that comes as safetensors: its architecture from config.json as llama.cpp's converter reads it, its own
 * weights with their exact bytes, and what llama-quantize can make of it.
 *
 * @throws FitcheckError BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export function modelOfCheckpoint(checkpoint: Checkpoint): Model {
  const { architecture: id, values } = convertConfig(checkpoint.config);
  const architecture = architectureById(id);
  if (architecture === undefined) {
    throw new FitcheckError("UNSUPPORTED_ARCHITECTURE", `${checkpoint.id}: the architecture "${id}" is not known`, {
      hint: `known: ${knownArchitectures().join(" ")}`,
    });
  }
  const hyperparameters = new Hyperparameters(id, values);
  const tensors = architecture.tensors(hyperparameters);
  const active = countActiveParameters(tensors, hyperparameters);
  return {
    id: checkpoint.id,
    name: checkpoint.name,
    source: checkpoint.source,
    architecture,
    hyperparameters,
    tensors,
    parameters: countParameters(tensors),
    ...(active === undefined ? {} : { activeParameters: active }),
    contextLength: hyperparameters.number("context_length"),
    quants: [...offers(checkpoint), ...quantsFor(tensors, id).map((quant) => ({ quant }))],
  };
}

/** The checkpoint as it is; one whose type a GGUF knows is already among what can be made. */
function offers(checkpoint: Checkpoint): QuantOffer[] {
  const { fileBytes, published } = checkpoint;
  const quant = checkpointLabel(checkpoint.config, checkpoint.bytes);
  if (fileBytes === undefined || findQuant(quant) !== undefined) return [];
  return [{ quant, fileBytes, fileSource: published ? "published" : "file" }];
}
