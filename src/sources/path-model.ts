import { readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { architectureById } from "../architectures/registry.js";
import { FitcheckError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { modelOfCheckpoint } from "./checkpoint.js";
import { checkpointBytes } from "./checkpoint-bytes.js";
import { type Environment, expandHome } from "./environment.js";
import { modelFromGguf } from "./gguf/model.js";
import { readGgufFile } from "./gguf/read.js";
import { listFiles, localGroups, modelOfLocalFiles } from "./gguf-folder.js";
import { splitQuant } from "./reference.js";

/** A config.json is a few kilobytes; one of many megabytes is something else. */
const MAX_CONFIG = 20_000_000;

/**
 * A GGUF file, a folder of GGUF files (`folder:QUANT` for one of them), or a folder with config.json and safetensors.
 *
 * @throws FitcheckError BAD_FILE for what is missing or malformed, UNSUPPORTED_ARCHITECTURE
 */
export async function loadPath(text: string, env: Environment): Promise<Model> {
  const whole = expandHome(text, env);
  const split = splitQuant(whole);
  const exists = statSync(whole, { throwIfNoEntry: false });
  const path = exists === undefined && split.quant !== undefined ? split.name : whole;
  const stat = exists ?? statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new FitcheckError("BAD_FILE", `${text}: there is no such file or folder`);
  if (!stat.isDirectory()) {
    return modelFromGguf(await readGgufFile(path), { id: text, place: path, source: "gguf" }, architectureById);
  }
  const groups = localGroups(path);
  const quant = path === whole ? undefined : split.quant;
  if (groups.length > 0) return modelOfLocalFiles({ id: text, source: "folder", groups, quant });
  return loadCheckpointFolder(text, path);
}

function loadCheckpointFolder(id: string, folder: string): Model {
  const path = join(folder, "config.json");
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new FitcheckError("BAD_FILE", `${id}: there is neither a GGUF file nor a config.json in it`);
  }
  if (stat.size > MAX_CONFIG) throw new FitcheckError("BAD_FILE", `${path}: this is no config.json`);
  const files = listFiles(folder, /\.safetensors$/i, 0);
  return modelOfCheckpoint({
    id,
    name: basename(resolve(folder)),
    source: "folder",
    config: parseConfig(readFileSync(path, "utf8"), path),
    bytes: checkpointBytes(files.map((file) => file.path)),
    fileBytes: files.length === 0 ? undefined : files.reduce((sum, file) => sum + file.bytes, 0),
    published: false,
  });
}

/** @throws FitcheckError BAD_FILE when it is not JSON */
export function parseConfig(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FitcheckError("BAD_FILE", `${name}: this is not JSON`);
  }
}
