import { FitcheckError } from "../../core/errors.js";
import type { Note } from "../../core/note.js";
import type { ByteSource } from "../gguf/byte-source.js";
import type { ListedFile } from "../gguf-group.js";
import { type BytesByType, readSafetensorsHeader } from "./header.js";

/** The index of a checkpoint in several files: which tensor lies in which. */
export const INDEX_FILE = "model.safetensors.index.json";
/** 140,000 tensors, as the largest mixtures of experts have, take 14 MB. */
export const MAX_INDEX = 32_000_000;
/** Headers read at the same time. */
const AT_ONCE = 8;
/** The largest checkpoints have a few hundred parts. */
const MAX_FILES = 1000;
/** Missing parts named in a message. */
const NAMED = 3;

/** A checkpoint's weights, all files together. */
export interface CheckpointWeights {
  readonly bytesByType: BytesByType;
  /** Of all tensors: what a runtime loads. */
  readonly dataBytes: number;
  /** Of all files as they should be. */
  readonly fileBytes: number;
  readonly notes: readonly Note[];
}

/**
 * The files that make up a checkpoint: those its index names, or else the safetensors files of the folder itself.
 * Mistral publishes its weights a second time, consolidated; adapters are no weights of the model.
 *
 * @param files of a folder or repository, with paths relative to it
 * @param index the text of the index, undefined where there is none
 * @throws FitcheckError BAD_FILE for an index that is none or names files that are missing
 */
export function checkpointFiles(files: readonly ListedFile[], index: string | undefined, id: string): ListedFile[] {
  if (index !== undefined) return indexedFiles(files, index, id);
  const own = files.filter(({ path }) => /^[^/\\]+\.safetensors$/i.test(path) && !/^adapter_/i.test(path));
  const parts = own.filter(({ path }) => !/^consolidated/i.test(path));
  return parts.length > 0 ? parts : own;
}

/** Of the index only the files' names are wanted, out of up to a hundred thousand tensors: it is not parsed. */
function indexedFiles(files: readonly ListedFile[], index: string, id: string): ListedFile[] {
  const names = new Set<string>();
  for (const [, name = ""] of index.matchAll(/: ?"([^"\\]{1,200}\.safetensors)"/g)) names.add(name);
  if (names.size === 0 || names.size > MAX_FILES) {
    throw new FitcheckError("BAD_FILE", `${id}: ${INDEX_FILE} names no files`);
  }
  const byPath = new Map(files.map((file) => [file.path, file]));
  const missing = [...names].filter((name) => !byPath.has(name)).sort();
  if (missing.length > 0) {
    const shown = missing.slice(0, NAMED).map((name) => name.replace(/[^\x20-\x7e]/g, "?"));
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
    throw new FitcheckError(
      "BAD_FILE",
      `${id}: of its weights ${shown.join(", ")}${more} ${missing.length > 1 ? "are" : "is"} missing`,
    );
  }
  return [...names].flatMap((name) => byPath.get(name) ?? []);
}

/**
 * Adds up the headers of a checkpoint's files.
 *
 * @param open where a file's bytes are read
 * @throws FitcheckError BAD_FILE, SOURCE_FAILED
 */
export async function readCheckpointWeights(
  files: readonly ListedFile[],
  open: (file: ListedFile) => ByteSource,
): Promise<CheckpointWeights> {
  const bytesByType = new Map<string, number>();
  let dataBytes = 0;
  let fileBytes = 0;
  let presentBytes = 0;
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const source = open(file);
      try {
        const header = await readSafetensorsHeader(source);
        for (const [type, bytes] of header.bytesByType) bytesByType.set(type, (bytesByType.get(type) ?? 0) + bytes);
        dataBytes += header.dataBytes;
        fileBytes += header.fileBytes;
        presentBytes += Math.min(header.fileBytes, header.presentBytes ?? header.fileBytes);
      } finally {
        await source.close();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const incomplete: Note = { code: "FILE_INCOMPLETE", args: { fileBytes: presentBytes, expectedBytes: fileBytes } };
  return { bytesByType, dataBytes, fileBytes, notes: presentBytes < fileBytes ? [incomplete] : [] };
}
