import { FitcheckError } from "../../core/errors.js";
import type { Model } from "../../core/model.js";
import { MAX_CONFIG, modelOfCheckpoint, parseConfig } from "../checkpoint.js";
import { checkpointFiles, INDEX_FILE, MAX_INDEX, readCheckpointWeights } from "../safetensors/files.js";
import { MODELOPT_FILE, withModelOpt } from "../safetensors/label.js";
import type { HubClient, Repository } from "./api.js";

/**
 * A repository with config.json and safetensors, of which only the headers are read.
 *
 * @throws FitcheckError SOURCE_FAILED, BAD_FILE, BAD_VALUE, UNSUPPORTED_ARCHITECTURE
 */
export async function loadCheckpointRepository(
  hub: HubClient,
  repository: Repository,
  quant: string | undefined,
): Promise<Model> {
  const { name } = repository;
  const id = quant === undefined ? `hf:${name}` : `hf:${name}:${quant}`;
  const text = (path: string, most: number): Promise<string> | undefined =>
    repository.files.some((file) => file.path === path) ? hub.file(name, path, most) : undefined;
  const [config, index, modelOpt] = await Promise.all([
    text("config.json", MAX_CONFIG),
    text(INDEX_FILE, MAX_INDEX),
    text(MODELOPT_FILE, MAX_CONFIG),
  ]);
  if (config === undefined) {
    throw new FitcheckError("SOURCE_FAILED", `hf:${name} has neither GGUF files nor a config.json`);
  }
  const files = checkpointFiles(repository.files, index, id);
  const weights =
    files.length === 0 ? undefined : await readCheckpointWeights(files, (file) => hub.open(name, file.path));
  return modelOfCheckpoint({
    id,
    name: name.replace(/^.*\//, ""),
    source: "hugging-face",
    config: withModelOpt(
      parseConfig(config, `hf:${name}/config.json`),
      modelOpt === undefined ? undefined : parseConfig(modelOpt, `hf:${name}/${MODELOPT_FILE}`),
    ),
    weights,
    quant,
  });
}
