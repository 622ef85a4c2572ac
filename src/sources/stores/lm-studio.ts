import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FitcheckError } from "../../core/errors.js";
import type { Model } from "../../core/model.js";
import { type Environment, homeOf } from "../environment.js";
import { listFiles, localGroups, modelOfLocalFiles } from "../gguf-folder.js";
import { splitQuant } from "../reference.js";

/** Where LM Studio keeps its models: the folder its pointer file names, or one of its own two. */
export function lmStudioFolder(env: Environment): string | undefined {
  const home = homeOf(env);
  const candidates = [
    pointedTo(join(home, ".lmstudio-home-pointer")),
    join(home, ".lmstudio"),
    join(home, ".cache", "lm-studio"),
  ];
  return candidates
    .flatMap((folder) => (folder === undefined ? [] : [join(folder, "models")]))
    .find((folder) => existsSync(folder));
}

function noStore(): FitcheckError {
  return new FitcheckError("SOURCE_FAILED", "no LM Studio models were found", {
    hint: "They are looked for in ~/.lmstudio/models.",
  });
}

function pointedTo(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * `publisher/name` of every model, GGUF or MLX.
 *
 * @throws FitcheckError SOURCE_FAILED where there is no LM Studio
 */
export function listLmStudio(env: Environment): string[] {
  const folder = lmStudioFolder(env);
  if (folder === undefined) throw noStore();
  const names = listFiles(folder, /(\.gguf|^config\.json)$/i).map(({ path }) =>
    path
      .slice(folder.length + 1)
      .split(/[/\\]/)
      .slice(0, -1)
      .slice(0, 2)
      .join("/"),
  );
  return [...new Set(names)].filter((name) => name !== "").sort();
}

/**
 * A model of LM Studio's folder, `publisher/name` or `publisher/name:QUANT`.
 *
 * @throws FitcheckError UNKNOWN_MODEL with what is installed, BAD_FILE, BAD_VALUE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadLmStudio(text: string, env: Environment): Promise<Model> {
  const folder = lmStudioFolder(env);
  if (folder === undefined) throw noStore();
  const { name, quant } = splitQuant(text);
  const installed = listLmStudio(env);
  const found = installed.find((model) => model.toLowerCase() === name.toLowerCase());
  if (found === undefined) {
    const wanted = name.replace(/^.*\//, "").toLowerCase();
    const alike = installed.filter((model) => model.toLowerCase().includes(wanted));
    throw new FitcheckError("UNKNOWN_MODEL", `LM Studio has no model "${name.slice(0, 100)}" installed`, {
      suggestions: (alike.length > 0 ? alike : installed).slice(0, 5).map((model) => `lmstudio:${model}`),
    });
  }
  const id = `lmstudio:${text}`;
  const groups = localGroups(join(folder, found));
  if (groups.length > 0) return modelOfLocalFiles({ id, source: "lmstudio", groups, quant });
  const { loadCheckpointFolder } = await import("../checkpoint-folder.js");
  return loadCheckpointFolder({ id, folder: join(folder, found), source: "lmstudio", quant });
}
