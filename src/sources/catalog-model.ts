import { architectureById, knownArchitectures } from "../architectures/registry.js";
import { FitcheckError } from "../core/errors.js";
import { Hyperparameters } from "../core/hyperparameters.js";
import type { Model, QuantOffer, TensorInfo } from "../core/model.js";
import { quantsFor } from "../core/quantize.js";
import { findModel } from "./catalog.js";
import type { ModelEntry } from "./model-schema.js";
import { countParameters } from "./parameters.js";

/**
 * A model of the catalog by name, with or without `:QUANT`.
 *
 * @returns undefined when the catalog does not know the name
 * @throws FitcheckError BAD_FILE for a broken entry, BAD_VALUE for a quantization the model does not come in
 */
export function loadCatalogModel(text: string, name: string, quant: string | undefined): Model | undefined {
  const whole = findModel(text);
  if (whole !== undefined) return modelOfEntry(whole);
  const entry = quant === undefined ? undefined : findModel(name);
  if (entry === undefined || quant === undefined) return undefined;
  const model = modelOfEntry(entry);
  const offer = model.quants.find((candidate) => candidate.quant === quant);
  if (offer === undefined) {
    throw new FitcheckError("BAD_VALUE", `${entry.id} does not come in ${quant}`, {
      suggestions: model.quants.slice(0, 5).map((candidate) => candidate.quant),
    });
  }
  return { ...model, quants: [offer] };
}

/** The model a catalog entry describes. */
export function modelOfEntry(entry: ModelEntry): Model {
  const architecture = architectureById(entry.architecture);
  if (architecture === undefined) {
    throw new FitcheckError(
      "UNSUPPORTED_ARCHITECTURE",
      `${entry.id}: the architecture "${entry.architecture}" is not known`,
      {
        hint: `known: ${knownArchitectures().join(" ")}`,
      },
    );
  }
  const hyperparameters = new Hyperparameters(entry.architecture, entry.hyperparameters);
  const tensors = architecture.tensors(hyperparameters);
  const active = entry.parameters.active;
  return {
    id: entry.id,
    name: entry.name,
    source: "catalog",
    architecture,
    hyperparameters,
    tensors,
    parameters: countParameters(tensors),
    ...(active === undefined ? {} : { activeParameters: active }),
    contextLength: entry.contextLength,
    quants: entryOffers(entry, tensors),
    card: entry,
  };
}

/** What can be made of the model, with the size of the published file where one is known. */
function entryOffers(entry: ModelEntry, tensors: readonly TensorInfo[]): QuantOffer[] {
  const published = entry.files?.bytes ?? {};
  const source = entry.files?.repository;
  const made: readonly string[] = quantsFor(tensors, entry.architecture);
  const names = [...made, ...Object.keys(published).filter((quant) => !made.includes(quant))];
  return names.map((quant) => {
    const fileBytes = published[quant];
    if (fileBytes === undefined) return { quant };
    return { quant, fileBytes, fileSource: "published", ...(source === undefined ? {} : { source }) };
  });
}
