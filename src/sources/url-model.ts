import { architectureById } from "../architectures/registry.js";
import type { Model } from "../core/model.js";
import type { Environment } from "./environment.js";
import { huggingFaceToken } from "./gguf/hf-token.js";
import { publicName } from "./gguf/http-request.js";
import { modelFromGguf } from "./gguf/model.js";
import { readGgufUrl } from "./gguf/read.js";

/**
 * A GGUF on a web server, of which only the header is read.
 *
 * @throws FitcheckError SOURCE_FAILED, BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadUrl(url: string, env: Environment): Promise<Model> {
  const header = await readGgufUrl(url, { token: huggingFaceToken(env) });
  const name = publicName(url);
  return modelFromGguf(header, { id: name, place: name, source: "url" }, architectureById);
}
