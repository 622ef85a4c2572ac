import { readFileSync } from "node:fs";
import { FitcheckError } from "../core/errors.js";
import { dataFile } from "../data-root.js";
import type { ModelEntry } from "./model-schema.js";
import { normalizeName } from "./names.js";

function readData(path: string): string | undefined {
  try {
    return readFileSync(dataFile(path), "utf8");
  } catch {
    return undefined;
  }
}

/** Ids as they stand in file names; nothing that could leave the folder. */
const ID = /^[a-z0-9][a-z0-9.-]*$/;

/**
 * A catalog model's id by any name it is known under, or undefined.
 * `data/models-aliases.tsv` holds one sorted line per name and is searched as text: no parsing, whatever its size.
 */
export function findModelId(name: string): string | undefined {
  const aliases = readData("models-aliases.tsv");
  if (aliases === undefined) return undefined;
  const key = normalizeName(name);
  if (key === "" || /[\t\n]/.test(key)) return undefined;
  // The file begins with a header line, so every entry has a line break before it.
  const line = `\n${key}\t`;
  const start = aliases.indexOf(line);
  if (start === -1) return undefined;
  const from = start + line.length;
  return aliases.slice(from, aliases.indexOf("\n", from));
}

/**
 * The catalog entry of a name: an exact id reads that one file only, any other name goes through the alias list.
 *
 * @returns undefined when the catalog does not know the name
 * @throws FitcheckError BAD_FILE when the entry is broken
 */
export function findModel(name: string): ModelEntry | undefined {
  const direct = ID.test(name) ? readData(`models/${name}.json`) : undefined;
  if (direct !== undefined) return parseEntry(name, direct);
  const id = findModelId(name);
  if (id === undefined) return undefined;
  return parseEntry(id, readData(`models/${id}.json`) ?? "");
}

/** Checks only what reading on would stumble over; the tests check the rest of every shipped entry. */
function parseEntry(id: string, text: string): ModelEntry {
  let entry: Partial<ModelEntry> | null = null;
  try {
    entry = JSON.parse(text);
  } catch {
    // answered below
  }
  const complete =
    typeof entry?.architecture === "string" &&
    typeof entry.hyperparameters === "object" &&
    typeof entry.parameters === "object" &&
    typeof entry.contextLength === "number";
  if (!complete) {
    throw new FitcheckError("BAD_FILE", `the catalog entry "${id}" is empty or not readable`);
  }
  return entry as ModelEntry;
}
