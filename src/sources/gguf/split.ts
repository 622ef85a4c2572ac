import type { Note } from "../../core/note.js";
import type { GgufHeader, SplitInfo } from "./header.js";
import { malformed, quoted } from "./malformed.js";
import type { GgufTensor } from "./tensor-infos.js";

/** More parts than any published model has. */
const MAX_PARTS = 512;

/** `llama_split_path`: `model-00002-of-00003.gguf`, both counted from 1. */
const PART_NAME = /-(\d{5})-of-(\d{5})(\.gguf)$/i;

/** A part's name without what tells it from the others: `model` of `model-00002-of-00003.gguf`. */
export function withoutPart(name: string): string {
  return name.replace(PART_NAME, "$3");
}

/**
 * The paths (or addresses) of all parts, from that of one.
 * @throws FitcheckError BAD_FILE when the name does not say where the others are, or contradicts the header
 */
export function partPaths(path: string, split: SplitInfo, name: string): string[] {
  const which = `part ${split.part + 1} of ${split.count} of a split model`;
  if (split.count > MAX_PARTS) throw malformed(name, `${split.count} parts are impossible`);
  const match = PART_NAME.exec(path);
  if (!match) throw malformed(name, `it is ${which}, and its name does not tell how the others are called`);
  if (Number(match[1]) !== split.part + 1 || Number(match[2]) !== split.count) {
    throw malformed(name, `its header calls it ${which}, which is not what its name says`);
  }
  const number = (value: number) => String(value).padStart(5, "0");
  return Array.from({ length: split.count }, (_, part) =>
    path.replace(PART_NAME, `-${number(part + 1)}-of-${number(split.count)}$3`),
  );
}

/**
 * One header for all parts of a split model, given in order.
 * @throws FitcheckError BAD_FILE when they do not belong together
 */
export function mergeParts(parts: readonly GgufHeader[], name: string): GgufHeader {
  const [first] = parts;
  if (!first?.split || first.architecture === "") {
    throw malformed(name, "its first part does not say what the model is");
  }
  for (const [part, { split }] of parts.entries()) {
    if (split?.part !== part || split.count !== parts.length) {
      throw malformed(name, `its part ${part + 1} belongs to another model`);
    }
  }
  const tensors = parts.flatMap((part) => part.tensors);
  checkTensors(tensors, first.split.tensorCount, name);
  const sum = (bytes: (part: GgufHeader) => number) => parts.reduce((total, part) => total + bytes(part), 0);
  const fileBytes = sum((part) => part.fileBytes);
  const present = parts.map((part) => part.presentBytes).filter((bytes) => bytes !== undefined);
  const presentBytes = present.reduce((total, bytes) => total + bytes, 0);
  const whole = present.length === parts.length;
  const incomplete = parts.some((part) => part.notes.length > 0);
  const notes: Note[] = incomplete
    ? [{ code: "FILE_INCOMPLETE", args: { fileBytes: presentBytes, expectedBytes: fileBytes } }]
    : [];
  return {
    ...first,
    tensors,
    headerBytes: sum((part) => part.headerBytes),
    fileBytes,
    ...(whole ? { presentBytes } : {}),
    dataBytes: sum((part) => part.dataBytes),
    notes,
  };
}

function checkTensors(tensors: readonly GgufTensor[], expected: number, name: string): void {
  if (tensors.length !== expected) {
    throw malformed(name, `its parts have ${tensors.length} tensors instead of ${expected}`);
  }
  const names = new Set<string>();
  for (const tensor of tensors) {
    if (names.has(tensor.name)) throw malformed(name, `the tensor ${quoted(tensor.name)} is in two of its parts`);
    names.add(tensor.name);
  }
}
