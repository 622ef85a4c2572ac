import { labelInName } from "./gguf/label.js";
import { withoutPart } from "./gguf/split.js";
import { quantName } from "./quant-name.js";

/** A file somewhere: on disk, in a repository. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
}

/** All parts of one quantization of a model. */
export interface GgufGroup {
  readonly quant: string;
  /** The file's name without part, quantization and ending, in lower case: what the files of one model share. */
  readonly stem: string;
  /** In order; the first one holds the metadata. */
  readonly files: readonly ListedFile[];
  readonly bytes: number;
}

/** Projectors of multimodal models lie beside them and are files of their own. */
export function isProjector(path: string): boolean {
  return /(^|[/\\])[^/\\]*mmproj[^/\\]*\.gguf$/i.test(path);
}

/** The projector to take: in F16 where there are several, as llama.cpp's own scripts write it. */
export function projectorOf(files: readonly ListedFile[]): ListedFile | undefined {
  const projectors = files.filter((file) => isProjector(file.path));
  return projectors.find((file) => /(^|[^b])f16/i.test(file.path)) ?? projectors[0];
}

/** Importance matrices, adapters and heads for speculation lie beside models and are none. */
function isModel(path: string): boolean {
  return (
    /\.gguf$/i.test(path) && !isProjector(path) && !/imatrix\.gguf|(^|[/\\])(lora|adapter|mtp|draft)[-_]/i.test(path)
  );
}

/** The model files of a listing, one group per model and quantization, largest first. */
export function groupGgufFiles(files: readonly ListedFile[]): GgufGroup[] {
  const whole = new Map<string, ListedFile[]>();
  for (const file of files) {
    if (!isModel(file.path)) continue;
    const name = withoutPart(file.path);
    whole.set(name, [...(whole.get(name) ?? []), file]);
  }
  const groups = new Map<string, GgufGroup>();
  for (const [name, parts] of whole) {
    const group: GgufGroup = {
      quant: labelInName(name) ?? folderLabel(name) ?? fileName(name),
      stem: stemOf(name),
      files: parts.sort((a, b) => (a.path < b.path ? -1 : 1)),
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    };
    // The same quantization twice (whole and in parts, with and without a matrix): the one with fewer parts.
    const key = `${group.stem} ${group.quant}`;
    const known = groups.get(key);
    if (known === undefined || parts.length < known.files.length) groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

/**
 * The files of one model out of a listing: the one with the most quantizations, and of the others a name each.
 */
export function mainGroups(files: readonly ListedFile[]): { groups: GgufGroup[]; others: string[] } {
  const byStem = new Map<string, GgufGroup[]>();
  for (const group of groupGgufFiles(files)) byStem.set(group.stem, [...(byStem.get(group.stem) ?? []), group]);
  const [main = [], ...others] = [...byStem.values()].sort((a, b) => b.length - a.length);
  return { groups: main, others: others.map((groups) => groups[0]?.files[0]?.path ?? "") };
}

/** `Q4_K_M/model-00001-of-00002.gguf`: some repositories say it in the folder only. */
function folderLabel(path: string): string | undefined {
  const folder = path.split(/[/\\]/).at(-2);
  return folder === undefined ? undefined : labelInName(`${folder}.gguf`);
}

/** Words beside the quantization that say how it was made: dynamic, with an importance matrix. */
const MAKING = /^(ud|i1|imat|imatrix)$/;

function stemOf(path: string): string {
  const words = fileName(path).toLowerCase().split(/[.-]/);
  return words.filter((word) => quantName(word) === undefined && !MAKING.test(word)).join("-");
}

function fileName(path: string): string {
  return path.replace(/^.*[/\\]/s, "").replace(/\.gguf$/i, "");
}
