import { architectureById } from "../../architectures/registry.js";
import type { Model, QuantOffer } from "../../core/model.js";
import type { Note } from "../../core/note.js";
import { findQuant } from "../../core/quantize-names.js";
import type { GgufHeader } from "../gguf/header.js";
import { modelFromGguf } from "../gguf/model.js";
import { readGgufUrl } from "../gguf/read.js";
import { chosenGroups } from "../gguf-folder.js";
import { type GgufGroup, projectorOf } from "../gguf-group.js";
import { SizeMixer } from "../size-mix.js";
import type { HubClient, Repository } from "./api.js";

export interface GgufChoice {
  /** The model's files by quantization. */
  readonly groups: readonly GgufGroup[];
  /** GGUF files of other models in the same repository. */
  readonly others: readonly string[];
  readonly quant: string | undefined;
}

/**
 * A repository of GGUF files, every one with its published size. One header is read: it tells the architecture, and
 * the tensors' types of that one file. The types of the others follow from llama.cpp's recipe, or where a file's
 * name or size is none of a recipe's, from its size.
 *
 * @throws FitcheckError SOURCE_FAILED, BAD_VALUE for a quantization it does not have, BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadGgufRepository(hub: HubClient, repository: Repository, choice: GgufChoice): Promise<Model> {
  const { name } = repository;
  const id = choice.quant === undefined ? `hf:${name}` : `hf:${name}:${choice.quant}`;
  const groups = chosenGroups(choice.groups, choice.quant, id);
  const read = fewestParts(groups);
  const place = read.files[0]?.path ?? "";
  const header = await readGgufUrl(hub.fileUrl(name, place), hub.http);
  const model = modelFromGguf(header, { id, place, source: "hugging-face" }, architectureById);
  const offers = groups.map(
    (group): QuantOffer => ({
      quant: group.quant,
      ...(group.bytes > 0 ? { fileBytes: group.bytes, fileSource: "published", source: name } : {}),
      ...(group === read ? { tensors: header.tensors } : {}),
    }),
  );
  const typed = withTensors(offers, header, model);
  const notes = [...(model.notes ?? []), ...repositoryNotes(repository, choice.others), ...typed.notes];
  return { ...model, quants: typed.offers, notes };
}

/** The header is the same for all but the types, and of a split file it takes as many requests as there are parts. */
function fewestParts(groups: readonly GgufGroup[]): GgufGroup {
  return groups.reduce((best, group) => {
    const parts = group.files.length - best.files.length;
    return parts < 0 || (parts === 0 && group.bytes < best.bytes) ? group : best;
  });
}

/** Types for the files that are no recipe's, so that their weights come to the published size. */
function withTensors(offers: readonly QuantOffer[], header: GgufHeader, model: Model): TypedOffers {
  if (offers.length === 1) return { offers, notes: [] };
  const mixer = new SizeMixer(header.tensors, model.hyperparameters);
  const bySize: string[] = [];
  const unknown: string[] = [];
  const typed = offers.map((offer): QuantOffer => {
    if (offer.tensors !== undefined) return offer;
    const bytes = offer.fileBytes === undefined ? 0 : offer.fileBytes - header.headerBytes;
    if (mixer.isStock(offer.quant, bytes)) return offer;
    const mixed = mixer.tensorsOf(offer.quant, bytes);
    if (mixed?.guessed) bySize.push(offer.quant);
    else if (mixed === undefined && findQuant(offer.quant) === undefined) unknown.push(offer.quant);
    return mixed === undefined ? offer : { ...offer, tensors: mixed.tensors };
  });
  const note = (code: string, quants: readonly string[]): Note[] =>
    quants.length === 0 ? [] : [{ code, args: { quants: quants.join(", "), example: `${model.id}:${quants[0]}` } }];
  return { offers: typed, notes: [...note("QUANTS_BY_SIZE", bySize), ...note("QUANTS_NOT_READ", unknown)] };
}

interface TypedOffers {
  readonly offers: readonly QuantOffer[];
  readonly notes: readonly Note[];
}

/** What the user should know: a projector beside the model, and files that are another model's. */
function repositoryNotes(repository: Repository, others: readonly string[]): Note[] {
  const notes: Note[] = [];
  const projector = projectorOf(repository.files);
  if (projector !== undefined) {
    notes.push({ code: "PROJECTOR_AVAILABLE", args: { file: projector.path, bytes: projector.bytes } });
  }
  if (others.length > 0) {
    notes.push({ code: "OTHER_MODELS", args: { count: others.length, example: others[0] ?? "" } });
  }
  return notes;
}
