import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { HttpOptions } from "./http-request.js";

const ENDPOINT = "https://huggingface.co";

/**
 * The user's Hugging Face token, from `HF_TOKEN` or the file `hf auth login` writes, with the origin that may see it:
 * Hugging Face, or the mirror the user chose with `HF_ENDPOINT`.
 */
export function huggingFaceToken(env: Readonly<Record<string, string | undefined>>): HttpOptions["token"] {
  if (env["HF_HUB_DISABLE_IMPLICIT_TOKEN"] && env["HF_HUB_DISABLE_IMPLICIT_TOKEN"] !== "0") return undefined;
  const value = usable(env["HF_TOKEN"]) ?? usable(readToken(tokenPath(env)));
  return value ? { value, origin: endpointOrigin(env["HF_ENDPOINT"]) } : undefined;
}

function tokenPath(env: Readonly<Record<string, string | undefined>>): string {
  if (env["HF_TOKEN_PATH"]) return env["HF_TOKEN_PATH"];
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(env["HF_HOME"] || join(cache, "huggingface"), "token");
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** One printable word; anything else could not be sent in a header. */
function usable(token: string | undefined): string | undefined {
  const trimmed = token?.trim();
  return trimmed && /^[\x21-\x7e]+$/.test(trimmed) ? trimmed : undefined;
}

function endpointOrigin(endpoint: string | undefined): string {
  return new URL(endpoint && URL.canParse(endpoint) ? endpoint : ENDPOINT).origin;
}
