import type { RunPlan, Runtime } from "./plan.js";
import { shellLine } from "./shell.js";

/** LM Studio: `lms get` or `lms import`, then `lms load`, which knows little more than context and offload. */
export const lmStudio: Runtime = {
  id: "lmstudio",

  command(plan) {
    const source = sourceOf(plan);
    if (source === undefined) return undefined;
    const load = ["lms", "load", source.key, "--context-length", String(plan.settings.contextLength)];
    load.push("--gpu", offload(plan), "--identifier", "fitcheck");
    return [source.fetch, shellLine(load)].filter((line) => line !== undefined).join("\n");
  },

  unsupported({ settings, placement, deviceCount }) {
    const missing: string[] = [];
    if (settings.parallel > 1) missing.push("--parallel");
    if (settings.kvUnified && settings.parallel > 1) missing.push("--kv-unified");
    if (settings.cacheTypeK !== "f16") missing.push(`--cache-type-k ${settings.cacheTypeK}`);
    if (settings.cacheTypeV !== "f16") missing.push(`--cache-type-v ${settings.cacheTypeV}`);
    if (settings.ubatch !== 512) missing.push("--ubatch-size");
    if (settings.flashAttention !== "auto") missing.push("--flash-attn");
    if (placement.cpuMoeLayers > 0) missing.push("--n-cpu-moe");
    if (placement.overrideTensors !== undefined) missing.push("--override-tensor");
    if (!placement.kvOffload) missing.push("--no-kv-offload");
    if (placement.tensorSplit !== undefined && deviceCount > 1) missing.push("--tensor-split");
    if (settings.swaFull) missing.push("--swa-full");
    if (settings.allLogits) missing.push("--all-logits");
    return missing;
  },
};

/** How LM Studio gets the weights, and what it then calls them. */
function sourceOf({ weights, quant }: RunPlan): { readonly fetch?: string; readonly key: string } | undefined {
  switch (weights.kind) {
    case "repository": {
      const name = weights.repository.split("/").at(-1) ?? weights.repository;
      const fetch = shellLine(["lms", "get", `https://huggingface.co/${weights.repository}@${quant.toLowerCase()}`]);
      return { fetch, key: name.replace(/-GGUF$/i, "").toLowerCase() };
    }
    case "file": {
      const stem = weights.path.split(/[/\\]/).at(-1) ?? weights.path;
      return { fetch: shellLine(["lms", "import", weights.path]), key: stem.replace(/\.gguf$/i, "").toLowerCase() };
    }
    case "url":
    case "ollama":
    case "unknown":
      return undefined;
  }
}

/** `max`, `off`, or the part of the layers that goes to the GPUs. */
function offload({ placement: { gpuLayers, layers } }: RunPlan): string {
  if (gpuLayers >= layers) return "max";
  return gpuLayers === 0 ? "off" : (Math.floor((gpuLayers / layers) * 100) / 100).toFixed(2);
}
