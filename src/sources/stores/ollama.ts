import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { architectureById } from "../../architectures/registry.js";
import { FitcheckError } from "../../core/errors.js";
import type { Model } from "../../core/model.js";
import type { Note } from "../../core/note.js";
import { type Environment, homeOf } from "../environment.js";
import { modelFromGguf } from "../gguf/model.js";
import { readGgufFile } from "../gguf/read.js";

/** A manifest lists a handful of layers. */
const MAX_MANIFEST = 1_000_000;
const REGISTRY = "registry.ollama.ai";
const NAME_PART = /^[A-Za-z0-9][\w.-]*$/;

/** Where the service's own user keeps them: as Ollama's script installs it on Linux, and as Arch packages it. */
const SERVICE_FOLDERS = ["/usr/share/ollama/.ollama/models", "/var/lib/ollama"];

/** Where Ollama keeps its models: `OLLAMA_MODELS`, the user's folder, or that of the Linux service. */
export function ollamaFolder(env: Environment): string | undefined {
  const own = join(homeOf(env), ".ollama", "models");
  const candidates = env.OLLAMA_MODELS ? [env.OLLAMA_MODELS] : [own, ...SERVICE_FOLDERS];
  return candidates.find((folder) => existsSync(join(folder, "manifests")));
}

/**
 * All models of the store, as `ollama list` names them.
 *
 * @throws FitcheckError SOURCE_FAILED where there is no store
 */
export function listOllama(env: Environment): string[] {
  const folder = ollamaFolder(env);
  if (folder === undefined) throw noStore();
  return manifestPaths(join(folder, "manifests"), 4).map(nameOf);
}

function noStore(): FitcheckError {
  return new FitcheckError("SOURCE_FAILED", "no Ollama store was found", {
    hint: "OLLAMA_MODELS says where it is, if not in the usual place.",
  });
}

/** Paths of manifests below a folder, `host/namespace/model/tag`. */
function manifestPaths(folder: string, depth: number, above: readonly string[] = []): string[][] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (depth > 1) return stat?.isDirectory() ? manifestPaths(path, depth - 1, [...above, name]) : [];
    return stat?.isFile() ? [[...above, name]] : [];
  });
}

/** The library's models are known by their name alone, others with namespace or host before it. */
function nameOf([host = "", namespace = "", model = "", tag = ""]: readonly string[]): string {
  const prefix = host !== REGISTRY ? `${host}/${namespace}/` : namespace === "library" ? "" : `${namespace}/`;
  return `${prefix}${model}:${tag}`;
}

/**
 * `llama3.1`, `llama3.1:8b`, `user/model:tag`, `hf.co/org/name:Q4_K_M` -> the parts of its manifest's path.
 * Parts are plain names: nothing leads out of the store.
 */
function manifestOf(name: string): string[] | undefined {
  const [, path = "", tag = "latest"] = /^([^:]+)(?::([^:]+))?$/.exec(name) ?? [];
  const parts = path.split("/");
  const full = parts.length === 1 ? [REGISTRY, "library", ...parts] : parts.length === 2 ? [REGISTRY, ...parts] : parts;
  const whole = [...full, tag];
  return whole.length === 4 && whole.every((part) => NAME_PART.test(part)) ? whole : undefined;
}

interface Layers {
  readonly model: string | undefined;
  readonly params: string | undefined;
  readonly projector: string | undefined;
}

/**
 * A model of the local Ollama store, with the context its modelfile asks for.
 *
 * @throws FitcheckError UNKNOWN_MODEL with what is installed, BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadOllama(name: string, env: Environment): Promise<Model> {
  const folder = ollamaFolder(env);
  const parts = manifestOf(name);
  const path = folder === undefined || parts === undefined ? undefined : join(folder, "manifests", ...parts);
  if (folder === undefined || path === undefined || !existsSync(path)) throw unknown(name, folder, env);
  const layers = readLayers(path, folder);
  if (layers.model === undefined) {
    throw new FitcheckError("BAD_FILE", `ollama:${name}: its manifest names no GGUF model`, {
      hint: "A model that runs in the cloud has none; a broken one is mended by ollama pull.",
    });
  }
  const reference = { id: `ollama:${name}`, place: layers.model, source: "ollama" as const };
  const context = contextOf(layers.params);
  const asked = context === undefined ? {} : { preferredContext: context };
  const model = modelFromGguf(await readGgufFile(layers.model), { ...reference, ...asked }, architectureById);
  const notes: Note[] = [...(model.notes ?? [])];
  if (context !== undefined) notes.push({ code: "MODELFILE_CONTEXT", args: { contextLength: context } });
  if (layers.projector !== undefined) {
    notes.push({ code: "PROJECTOR_AVAILABLE", args: projectorArgs(layers.projector) });
  }
  return { ...model, name, notes };
}

function projectorArgs(path: string): Record<string, string | number> {
  return { file: path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0 };
}

function unknown(name: string, folder: string | undefined, env: Environment): FitcheckError {
  if (folder === undefined) return noStore();
  const wanted = name.split(":")[0] ?? "";
  const installed = listOllama(env);
  const alike = installed.filter((candidate) => candidate.includes(wanted));
  return new FitcheckError("UNKNOWN_MODEL", `Ollama has no model "${name.slice(0, 100)}" installed`, {
    suggestions: (alike.length > 0 ? alike : installed).slice(0, 5).map((candidate) => `ollama:${candidate}`),
  });
}

function readLayers(path: string, folder: string): Layers {
  if ((statSync(path).size ?? 0) > MAX_MANIFEST) throw new FitcheckError("BAD_FILE", `${path}: this is no manifest`);
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new FitcheckError("BAD_FILE", `${path}: this is no manifest`);
  }
  const layers: unknown = (manifest as { layers?: unknown } | null)?.layers;
  const blob = (kind: string): string | undefined => {
    if (!Array.isArray(layers)) return undefined;
    const layer = layers.find((entry) => entry?.mediaType === `application/vnd.ollama.image.${kind}`);
    const hash = /^sha256:([0-9a-f]{64})$/.exec(String(layer?.digest))?.[1];
    return hash === undefined ? undefined : join(folder, "blobs", `sha256-${hash}`);
  };
  return { model: blob("model"), params: blob("params"), projector: blob("projector") };
}

/** `num_ctx` of the modelfile's parameters. */
function contextOf(path: string | undefined): number | undefined {
  if (path === undefined) return undefined;
  try {
    if (statSync(path).size > MAX_MANIFEST) return undefined;
    const context: unknown = JSON.parse(readFileSync(path, "utf8")).num_ctx;
    return Number.isSafeInteger(context) && Number(context) > 0 ? Number(context) : undefined;
  } catch {
    return undefined;
  }
}
