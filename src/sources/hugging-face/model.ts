import { architectureById } from "../../architectures/registry.js";
import { FitcheckError } from "../../core/errors.js";
import type { Model, QuantOffer } from "../../core/model.js";
import type { Note } from "../../core/note.js";
import { findQuant } from "../../core/quantize-names.js";
import { modelOfCheckpoint } from "../checkpoint.js";
import type { Environment } from "../environment.js";
import { modelFromGguf } from "../gguf/model.js";
import { readGgufUrl } from "../gguf/read.js";
import { chosenGroups } from "../gguf-folder.js";
import { type GgufGroup, groupGgufFiles, isProjector } from "../gguf-group.js";
import { HubClient, type Repository } from "./api.js";

/**
 * A repository of the Hugging Face Hub: its GGUF files with their published sizes, one header read for the
 * architecture; or config.json and safetensors.
 *
 * @throws FitcheckError SOURCE_FAILED, BAD_VALUE for a quantization it does not have, BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadHuggingFace(name: string, quant: string | undefined, env: Environment): Promise<Model> {
  const hub = new HubClient(env);
  const repository = await hub.repository(name);
  const groups = groupGgufFiles(repository.files);
  if (groups.length === 0) return checkpointModel(hub, repository);
  return ggufModel(hub, repository, chosenGroups(groups, quant, `hf:${name}`), quant !== undefined);
}

async function ggufModel(
  hub: HubClient,
  repository: Repository,
  groups: readonly GgufGroup[],
  one: boolean,
): Promise<Model> {
  // The header is the same for all but the types; of a split one it is in the first part.
  const [smallest] = [...groups].sort((a, b) => a.files.length - b.files.length || a.bytes - b.bytes);
  const file = smallest?.files[0];
  if (smallest === undefined || file === undefined) {
    throw new FitcheckError("SOURCE_FAILED", `hf:${repository.name} has no GGUF file`);
  }
  const header = await readGgufUrl(hub.fileUrl(repository.name, file.path), hub.http);
  const reference = { id: `hf:${repository.name}`, place: file.path, source: "hugging-face" as const };
  const model = modelFromGguf(header, reference, architectureById);
  const read = model.quants[0];
  const published = groups.map((group): QuantOffer => {
    const offer = {
      quant: group.quant,
      fileBytes: group.bytes,
      fileSource: "published" as const,
      source: repository.name,
    };
    return group === smallest && read?.tensors !== undefined ? { ...offer, tensors: read.tensors } : offer;
  });
  return {
    ...model,
    // a repository's other files are complete where it lies, whatever was read of this one
    quants: published,
    notes: [...(one ? (model.notes ?? []) : []), ...repositoryNotes(repository, published)],
  };
}

/** What the user should know: a projector beside the model, and quantizations whose types only their headers tell. */
function repositoryNotes(repository: Repository, offers: readonly QuantOffer[]): Note[] {
  const notes: Note[] = [];
  const projector = repository.files.find((file) => isProjector(file.path));
  if (projector !== undefined) {
    notes.push({ code: "PROJECTOR_AVAILABLE", args: { file: projector.path, bytes: projector.bytes } });
  }
  const unread = offers.filter((offer) => offer.tensors === undefined && findQuant(offer.quant) === undefined);
  if (unread.length > 0) {
    const quants = unread.map((offer) => offer.quant).join(" ");
    notes.push({ code: "QUANTS_NOT_READ", args: { quants, example: `hf:${repository.name}:${unread[0]?.quant}` } });
  }
  return notes;
}

async function checkpointModel(hub: HubClient, repository: Repository): Promise<Model> {
  const weights = repository.files.filter((file) => /\.safetensors$/i.test(file.path) && !file.path.includes("/"));
  if (!repository.files.some((file) => file.path === "config.json")) {
    throw new FitcheckError("SOURCE_FAILED", `hf:${repository.name} has neither GGUF files nor a config.json`);
  }
  // Mistral publishes the weights twice, as one consolidated file and in parts.
  const parts = weights.filter((file) => !/^consolidated/.test(file.path));
  const counted = parts.length > 0 ? parts : weights;
  return modelOfCheckpoint({
    id: `hf:${repository.name}`,
    name: repository.name.replace(/^.*\//, ""),
    source: "hugging-face",
    config: await hub.json(repository.name, "config.json"),
    bytes: repository.elements,
    fileBytes: counted.length === 0 ? undefined : counted.reduce((sum, file) => sum + file.bytes, 0),
    published: true,
  });
}
