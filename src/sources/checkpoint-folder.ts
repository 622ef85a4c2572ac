import { readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import type { Model, ModelSource } from "../core/model.js";
import { MAX_CONFIG, modelOfCheckpoint, parseConfig } from "./checkpoint.js";
import { openFile } from "./gguf/file-source.js";
import { malformed } from "./gguf/malformed.js";
import { listFiles } from "./gguf-folder.js";
import { checkpointFiles, INDEX_FILE, MAX_INDEX, readCheckpointWeights } from "./safetensors/files.js";
import { MODELOPT_FILE, withModelOpt } from "./safetensors/label.js";

export interface CheckpointFolder {
  /** What the user typed. */
  readonly id: string;
  readonly folder: string;
  readonly source: ModelSource;
  /** Only this quantization. */
  readonly quant?: string | undefined;
}

/**
 * A folder with config.json and, if it has the weights, their safetensors files.
 *
 * @throws FitcheckError BAD_FILE, UNSUPPORTED_ARCHITECTURE, BAD_VALUE for a quantization it does not come in
 */
export async function loadCheckpointFolder({ id, folder, source, quant }: CheckpointFolder): Promise<Model> {
  const config = readSmall(join(folder, "config.json"), MAX_CONFIG);
  if (config === undefined) throw malformed(id, "there is neither a GGUF file nor a config.json in it");
  const listed = listFiles(folder, /\.safetensors$/i, 1);
  const files = checkpointFiles(
    listed.map(({ path, bytes }) => ({ path: relative(folder, path).replaceAll("\\", "/"), bytes })),
    readSmall(join(folder, INDEX_FILE), MAX_INDEX),
    id,
  );
  const open = ({ path }: { readonly path: string }) => openFile(join(folder, path));
  const modelOpt = readSmall(join(folder, MODELOPT_FILE), MAX_CONFIG);
  return modelOfCheckpoint({
    id,
    name: basename(resolve(folder)),
    source,
    config: withModelOpt(
      parseConfig(config, join(folder, "config.json")),
      modelOpt === undefined ? undefined : parseConfig(modelOpt, join(folder, MODELOPT_FILE)),
    ),
    weights: files.length === 0 ? undefined : await readCheckpointWeights(files, open),
    quant,
  });
}

/** The text of a file that cannot be long; undefined where there is none. */
function readSmall(path: string, most: number): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  if (stat.size > most) throw malformed(path, `${stat.size} bytes are too many for such a file`);
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw malformed(path, "it cannot be read");
  }
}
