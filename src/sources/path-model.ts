import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { architectureById } from "../architectures/registry.js";
import { FitcheckError, shortened } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { type Environment, expandHome } from "./environment.js";
import { modelFromGguf } from "./gguf/model.js";
import { readGgufFile } from "./gguf/read.js";
import { localGroups, modelOfLocalFiles } from "./gguf-folder.js";
import { splitQuant } from "./reference.js";

/**
 * A GGUF file, a folder of GGUF files (`folder:QUANT` for one of them), or a folder with config.json and safetensors.
 *
 * @throws FitcheckError BAD_FILE for what is missing or malformed, UNSUPPORTED_ARCHITECTURE
 */
export async function loadPath(text: string, env: Environment): Promise<Model> {
  const whole = expandHome(text, env);
  const split = splitQuant(whole);
  const exists = statOf(whole, text);
  const path = exists === undefined && split.quant !== undefined ? split.name : whole;
  const stat = exists ?? statOf(path, text);
  if (stat === undefined) throw new FitcheckError("BAD_FILE", `${shortened(text)}: there is no such file or folder`);
  const quant = path === whole ? undefined : split.quant;
  if (!stat.isDirectory()) {
    // A checkpoint's own files stand for the folder they lie in.
    if (/(\.safetensors|(^|[/\\])config\.json)$/i.test(path)) return checkpoint(text, dirname(path), undefined);
    return modelFromGguf(await readGgufFile(path), { id: text, place: path, source: "gguf" }, architectureById);
  }
  const groups = localGroups(path);
  if (groups.length > 0) return modelOfLocalFiles({ id: text, source: "folder", groups, quant });
  return checkpoint(text, path, quant);
}

async function checkpoint(id: string, folder: string, quant: string | undefined): Promise<Model> {
  const { loadCheckpointFolder } = await import("./checkpoint-folder.js");
  return loadCheckpointFolder({ id, folder, source: "folder", quant });
}

/** Undefined for what is not there. @throws FitcheckError BAD_FILE for what may not be looked at */
function statOf(path: string, text: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENAMETOOLONG" || code === "ENOTDIR") return undefined;
    throw new FitcheckError("BAD_FILE", `${shortened(text)}: it cannot be read (${code})`);
  }
}
