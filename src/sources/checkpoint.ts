import { architectureById } from "../architectures/registry.js";
import { FitcheckError } from "../core/errors.js";
import { Hyperparameters } from "../core/hyperparameters.js";
import type { Model, ModelSource, QuantOffer } from "../core/model.js";
import type { Note } from "../core/note.js";
import { quantsFor } from "../core/quantize.js";
import { GiB } from "../core/units.js";
import { malformed } from "./gguf/malformed.js";
import { convertConfig } from "./hf-config/convert.js";
import { checkLimits, checkParameters } from "./limits.js";
import { countActiveParameters, countParameters } from "./parameters.js";
import type { CheckpointWeights } from "./safetensors/files.js";
import { checkpointLabel, isMlx } from "./safetensors/label.js";
import { unknownArchitecture } from "./unknown-architecture.js";

/** A config.json is a few kilobytes; with a list of unquantized layers it may be a megabyte. */
export const MAX_CONFIG = 2_000_000;

export interface Checkpoint {
  /** What the user typed. */
  readonly id: string;
  readonly name: string;
  readonly source: ModelSource;
  /** The parsed config.json. */
  readonly config: unknown;
  /** What the safetensors headers say; absent where there are only the facts of config.json. */
  readonly weights?: CheckpointWeights | undefined;
  /** Only this quantization. */
  readonly quant?: string | undefined;
}

/**
 * A model that comes as safetensors: its architecture from config.json as llama.cpp's converter reads it, its own
 * weights with their exact bytes, and what llama-quantize can make of it.
 *
 * @throws FitcheckError BAD_FILE, UNSUPPORTED_ARCHITECTURE with the bytes of the weights, BAD_VALUE for a
 *   quantization it does not come in
 */
export function modelOfCheckpoint(checkpoint: Checkpoint): Model {
  const { architecture: id, values } = converted(checkpoint);
  const architecture = architectureById(id);
  if (architecture === undefined) throw unknownArchitecture(checkpoint.id, id, checkpoint.weights?.dataBytes);
  const hyperparameters = new Hyperparameters(id, values);
  const tensors = named(checkpoint.id, () => {
    checkLimits(hyperparameters, "config.json");
    // Whether every layer is described shows now, not in the middle of an estimate.
    architecture.layers(hyperparameters);
    return architecture.tensors(hyperparameters);
  });
  const active = countActiveParameters(tensors, hyperparameters);
  const own = ownOffers(checkpoint);
  const made = quantsFor(tensors, id).map((quant) => ({ quant }));
  return {
    id: checkpoint.id,
    name: checkpoint.name,
    source: checkpoint.source,
    architecture,
    hyperparameters,
    tensors,
    parameters: checkParameters(countParameters(tensors), checkpoint.id),
    ...(active === undefined ? {} : { activeParameters: active }),
    contextLength: hyperparameters.number("context_length"),
    quants: chosen([...own, ...made], checkpoint),
    notes: [...(checkpoint.weights?.notes ?? []), ...formNotes(checkpoint, own)],
  };
}

function converted({ id, config, weights }: Checkpoint): ReturnType<typeof convertConfig> {
  try {
    return named(id, () => convertConfig(config));
  } catch (error) {
    if (!(error instanceof FitcheckError) || error.code !== "UNSUPPORTED_ARCHITECTURE" || weights === undefined) {
      throw error;
    }
    const bytes = weights.dataBytes;
    const known = `its weights take ${(bytes / GiB).toFixed(2)} GiB (${bytes} bytes)`;
    throw new FitcheckError(error.code, `${error.message}; ${known}`, { hint: NO_ESTIMATE });
  }
}

const LONGEST_MESSAGE = 300;
const NO_ESTIMATE =
  "What it takes beyond its weights depends on the architecture and is not guessed; vLLM prints it at start.";

/** What is wrong with a config.json does not know whose it is, and may repeat what stands in it. */
function named<T>(id: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FitcheckError)) throw error;
    const { code, message, hint, suggestions } = error;
    const line = message.replace(/[^\x20-\x7e]/g, "?").slice(0, LONGEST_MESSAGE);
    throw new FitcheckError(code, `${id}: ${line}`, { ...(hint === undefined ? {} : { hint }), suggestions });
  }
}

/** The checkpoint as it is. */
function ownOffers({ config, weights, source }: Checkpoint): QuantOffer[] {
  if (weights === undefined) return [];
  return [
    {
      quant: `${checkpointLabel(config, weights.bytesByType)} (safetensors)`,
      fileBytes: weights.fileBytes,
      fileSource: source === "hugging-face" ? "published" : "file",
      loadedBytes: weights.dataBytes,
    },
  ];
}

/** Who loads what: the weights as they are, and the GGUF files that do not exist yet. */
function formNotes({ config }: Checkpoint, own: readonly QuantOffer[]): Note[] {
  const made: Note = { code: "GGUF_COMPUTED", args: {} };
  const [form] = own;
  if (form?.loadedBytes === undefined) return [made];
  const runtimes = isMlx(config) ? "MLX" : "vLLM, SGLang and Transformers";
  return [{ code: "SAFETENSORS_FORM", args: { quant: form.quant, runtimes, bytes: form.loadedBytes } }, made];
}

function chosen(offers: readonly QuantOffer[], { id, quant }: Checkpoint): readonly QuantOffer[] {
  if (quant === undefined) return offers;
  const wanted = offers.filter((offer) => offer.quant === quant || offer.quant.startsWith(`${quant} (`));
  if (wanted.length > 0) return wanted;
  throw new FitcheckError("BAD_VALUE", `${id} has no ${quant}`, {
    suggestions: offers.slice(0, 5).map((offer) => offer.quant),
  });
}

/** @throws FitcheckError BAD_FILE when it is not JSON */
export function parseConfig(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(name, "this is not JSON");
  }
}
