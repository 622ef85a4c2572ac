import { readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { architectureById } from "../architectures/registry.js";
import { FitcheckError } from "../core/errors.js";
import type { Model, ModelSource } from "../core/model.js";
import { modelFromGguf } from "./gguf/model.js";
import { readGgufFile } from "./gguf/read.js";
import { type GgufGroup, groupGgufFiles, type ListedFile } from "./gguf-group.js";

/** Deeper than this, model folders do not go. */
const DEPTH = 3;
/** More files than any model folder has. */
const MOST_FILES = 10_000;

/** Files under a folder whose names end as asked, by path. Links that lead nowhere and what may not be read are passed over. */
export function listFiles(folder: string, ending: RegExp, depth = DEPTH, found: ListedFile[] = []): ListedFile[] {
  let entries: string[];
  try {
    entries = readdirSync(folder).sort();
  } catch {
    return found;
  }
  for (const name of entries) {
    if (found.length >= MOST_FILES) break;
    const path = join(folder, name);
    const stat = statOf(path);
    if (stat?.isDirectory() && depth > 0) listFiles(path, ending, depth - 1, found);
    else if (stat?.isFile() && ending.test(name)) found.push({ path, bytes: stat.size });
  }
  return found;
}

/** Undefined for what is not there or may not be looked at. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export interface LocalGroups {
  /** What the user typed. */
  readonly id: string;
  readonly source: ModelSource;
  readonly groups: readonly GgufGroup[];
  /** Of one of these only. */
  readonly quant?: string | undefined;
  readonly preferredContext?: number | undefined;
}

/**
 * One model out of local GGUF files, each quantization with the exact tensors of its own header.
 *
 * @throws FitcheckError BAD_FILE, BAD_VALUE for a quantization that is not there, AMBIGUOUS_MODEL where the files are
 *   of several models, UNSUPPORTED_ARCHITECTURE
 */
export async function modelOfLocalFiles(local: LocalGroups): Promise<Model> {
  const groups = chosenGroups(local.groups, local.quant, local.id);
  refuseSeveral(groups, local.id);
  const models: Model[] = [];
  for (const { files } of groups) {
    const place = files[0]?.path ?? "";
    const reference = { id: local.id, place, source: local.source };
    const asked = local.preferredContext === undefined ? {} : { preferredContext: local.preferredContext };
    const model = modelFromGguf(await readGgufFile(place), { ...reference, ...asked }, architectureById);
    models.push({ ...model, quants: model.quants.map((offer) => ({ ...offer, path: place })) });
  }
  const [first] = models;
  if (first === undefined) throw new FitcheckError("BAD_FILE", `${local.id}: there is no GGUF model in it`);
  return {
    ...first,
    quants: models.flatMap((model) => model.quants),
    notes: models.flatMap((model) => model.notes ?? []),
  };
}

/** A folder of different models has no one answer. */
function refuseSeveral(groups: readonly GgufGroup[], id: string): void {
  const models = new Map(groups.map((group) => [group.stem, group.files[0]?.path ?? ""]));
  if (models.size < 2) return;
  throw new FitcheckError("AMBIGUOUS_MODEL", `${id} holds ${models.size} models`, {
    suggestions: [...models.values()].slice(0, 5),
  });
}

/** The group of one quantization, or all of them. */
export function chosenGroups(
  groups: readonly GgufGroup[],
  quant: string | undefined,
  id: string,
): readonly GgufGroup[] {
  if (quant === undefined) return groups;
  const chosen = groups.filter((group) => group.quant === quant);
  if (chosen.length > 0) return chosen;
  throw new FitcheckError("BAD_VALUE", `${id} has no ${quant}`, {
    suggestions: groups.slice(0, 5).map((group) => group.quant),
  });
}

export function localGroups(folder: string): GgufGroup[] {
  return groupGgufFiles(listFiles(folder, /\.gguf$/i));
}
