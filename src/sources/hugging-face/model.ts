import type { Model } from "../../core/model.js";
import type { Environment } from "../environment.js";
import { mainGroups } from "../gguf-group.js";
import { HubClient } from "./api.js";
import { loadCheckpointRepository } from "./checkpoint-repository.js";
import { loadGgufRepository } from "./gguf-repository.js";

/**
 * A repository of the Hugging Face Hub: its GGUF files with their published sizes, or config.json and safetensors.
 *
 * @throws FitcheckError SOURCE_FAILED, BAD_VALUE for a quantization it does not have, BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadHuggingFace(name: string, quant: string | undefined, env: Environment): Promise<Model> {
  const hub = new HubClient(env);
  const repository = await hub.repository(name);
  const { groups, others } = mainGroups(repository.files);
  if (groups.length === 0) return loadCheckpointRepository(hub, repository, quant);
  return loadGgufRepository(hub, repository, { groups, others, quant });
}
