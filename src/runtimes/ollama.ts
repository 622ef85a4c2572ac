import type { CacheType } from "../core/ggml.js";
import type { RunPlan, Runtime } from "./plan.js";
import { shellLine, shellWord } from "./shell.js";
import type { Weights } from "./weights.js";

/** What `OLLAMA_KV_CACHE_TYPE` takes; it holds for K and V alike. */
const CACHE_TYPES: readonly CacheType[] = ["f16", "q8_0", "q4_0"];

/** Ollama's defaults, which need no saying (`api.DefaultOptions`). */
const DEFAULT_BATCH = 512;

/** Ollama: the server is set up by environment variables, the model by its own parameters. */
export const ollama: Runtime = {
  id: "ollama",

  command(plan) {
    const name = modelName(plan.weights, plan.quant);
    const serve = shellLine([...environment(plan), "ollama", "serve"]);
    const parameters = modelParameters(plan);
    if (parameters.length === 0 && name !== undefined) return `${serve}\n${shellLine(["ollama", "run", name])}`;
    // Parameters of the model itself go into a Modelfile, and so does a file of one's own.
    const lines = [`FROM ${name ?? fileName(plan.weights)}`, ...parameters];
    const modelfile = `printf '%s\\n' ${lines.map(quoted).join(" ")} > Modelfile`;
    return [serve, `${modelfile} && ollama create fitcheck -f Modelfile`, "ollama run fitcheck"].join("\n");
  },

  unsupported({ settings, placement, deviceCount }) {
    const missing: string[] = [];
    if (!CACHE_TYPES.includes(settings.cacheTypeK)) missing.push(`--cache-type-k ${settings.cacheTypeK}`);
    if (settings.cacheTypeV !== settings.cacheTypeK) missing.push(`--cache-type-v ${settings.cacheTypeV}`);
    if (settings.batch < settings.ubatch) missing.push("--batch-size");
    if (settings.kvUnified && settings.parallel > 1) missing.push("--kv-unified");
    if (placement.cpuMoeLayers > 0) missing.push("--n-cpu-moe");
    if (placement.overrideTensors ?? settings.overrideTensors) missing.push("--override-tensor");
    if (!placement.kvOffload) missing.push("--no-kv-offload");
    if ((placement.tensorSplit ?? settings.tensorSplit) !== undefined && deviceCount > 1)
      missing.push("--tensor-split");
    if (settings.swaFull) missing.push("--swa-full");
    if (settings.allLogits) missing.push("--all-logits");
    return missing;
  },
};

/** Ollama gives every sequence a context of its own, so the total is divided here. */
function environment({ settings }: RunPlan): string[] {
  const perSequence = settings.kvUnified
    ? settings.contextLength
    : Math.floor(settings.contextLength / settings.parallel);
  const variables = [`OLLAMA_CONTEXT_LENGTH=${perSequence}`, `OLLAMA_NUM_PARALLEL=${settings.parallel}`];
  if (settings.flashAttention !== "auto") {
    variables.push(`OLLAMA_FLASH_ATTENTION=${settings.flashAttention === "on" ? 1 : 0}`);
  } else if (settings.cacheTypeK !== "f16") {
    // Without flash attention a quantized cache is silently ignored.
    variables.push("OLLAMA_FLASH_ATTENTION=1");
  }
  if (CACHE_TYPES.includes(settings.cacheTypeK)) variables.push(`OLLAMA_KV_CACHE_TYPE=${settings.cacheTypeK}`);
  return variables;
}

/** What only the model's own parameters can say. */
function modelParameters({ settings, placement }: RunPlan): string[] {
  const parameters: string[] = [];
  if (placement.gpuLayers < placement.layers) parameters.push(`PARAMETER num_gpu ${placement.gpuLayers}`);
  if (settings.ubatch !== DEFAULT_BATCH) parameters.push(`PARAMETER num_batch ${settings.ubatch}`);
  return parameters;
}

/** What `ollama run` can fetch or has. */
function modelName(weights: Weights, quant: string): string | undefined {
  switch (weights.kind) {
    case "repository":
      return `hf.co/${weights.repository}:${quant}`;
    case "ollama":
      return weights.name;
    case "file":
    case "url":
    case "unknown":
      return undefined;
  }
}

function fileName(weights: Weights): string {
  switch (weights.kind) {
    case "file":
      return weights.path;
    case "url":
      return decodeURIComponent(weights.url.split(/[?#]/)[0]?.split("/").at(-1) ?? "") || "model.gguf";
    case "unknown":
      return weights.placeholder;
    case "repository":
    case "ollama":
      return "";
  }
}

function quoted(line: string): string {
  const word = shellWord(line);
  return word.startsWith("'") ? word : `'${word}'`;
}
