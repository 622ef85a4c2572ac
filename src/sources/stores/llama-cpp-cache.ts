import { join } from "node:path";
import { type Environment, homeOf } from "../environment.js";
import { listFiles } from "../gguf-folder.js";
import { type GgufGroup, groupGgufFiles, type ListedFile } from "../gguf-group.js";

/** Where `llama-server -hf` keeps what it downloads (`fs_get_cache_directory`): `LLAMA_CACHE` or the platform's cache. */
export function llamaCppCacheFolder(env: Environment, platform: NodeJS.Platform = process.platform): string {
  if (env.LLAMA_CACHE) return env.LLAMA_CACHE;
  const home = homeOf(env);
  switch (platform) {
    case "darwin":
      return join(home, "Library", "Caches", "llama.cpp");
    case "win32":
      return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "llama.cpp");
    default:
      return join(env.XDG_CACHE_HOME || join(home, ".cache"), "llama.cpp");
  }
}

/** Where huggingface_hub, and llama.cpp since 2026, keep repositories. */
function hubCacheFolder(env: Environment): string {
  const cache = env.XDG_CACHE_HOME || join(homeOf(env), ".cache");
  return env.HF_HUB_CACHE || join(env.HF_HOME || join(cache, "huggingface"), "hub");
}

/**
 * What of a Hugging Face repository lies on this machine already: `org_name_file.gguf` in llama.cpp's folder,
 * `models--org--name/snapshots/<revision>/file.gguf` in the Hub's.
 */
export function cachedGroups(repository: string, env: Environment): GgufGroup[] {
  const prefix = `${repository.replace("/", "_")}_`.toLowerCase();
  const flat = listFiles(llamaCppCacheFolder(env), /\.gguf$/i, 0).filter(({ path }) =>
    (path.split(/[/\\]/).at(-1) ?? "").toLowerCase().startsWith(prefix),
  );
  const snapshots = join(hubCacheFolder(env), `models--${repository.replace("/", "--")}`, "snapshots");
  const found: ListedFile[] = [...flat, ...listFiles(snapshots, /\.gguf$/i)];
  return groupGgufFiles(found);
}
