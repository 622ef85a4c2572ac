import { labelInName } from "./gguf/label.js";
import { withoutPart } from "./gguf/split.js";

/** A file somewhere: on disk, in a repository. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: number;
}

/** All parts of one quantization of a model. */
export interface GgufGroup {
  readonly quant: string;
  /** In order; the first one holds the metadata. */
  readonly files: readonly ListedFile[];
  readonly bytes: number;
}

/** Projectors of multimodal models, importance matrices and adapters lie beside models and are none. */
export function isProjector(path: string): boolean {
  return /(^|[/\\])[^/\\]*mmproj[^/\\]*\.gguf$/i.test(path);
}

function isModel(path: string): boolean {
  return /\.gguf$/i.test(path) && !isProjector(path) && !/imatrix|(^|[/\\])(lora|adapter|mtp)[-_]/i.test(path);
}

/** The model files of a listing, one group per quantization, largest first. */
export function groupGgufFiles(files: readonly ListedFile[]): GgufGroup[] {
  const whole = new Map<string, ListedFile[]>();
  for (const file of files) {
    if (!isModel(file.path)) continue;
    const name = withoutPart(file.path);
    whole.set(name, [...(whole.get(name) ?? []), file]);
  }
  const groups = new Map<string, GgufGroup>();
  for (const [name, parts] of whole) {
    const quant = labelInName(name) ?? folderLabel(name) ?? "unknown";
    const group = {
      quant,
      files: parts.sort((a, b) => (a.path < b.path ? -1 : 1)),
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    };
    // The same quantization twice (another folder, another context): the smaller one is the plain one.
    const known = groups.get(quant);
    if (known === undefined || group.bytes < known.bytes) groups.set(quant, group);
  }
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

/** `Q4_K_M/model-00001-of-00002.gguf`: some repositories say it in the folder only. */
function folderLabel(path: string): string | undefined {
  const folder = path.split(/[/\\]/).at(-2);
  return folder === undefined ? undefined : labelInName(`${folder}.gguf`);
}
