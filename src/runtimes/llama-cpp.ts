import type { RunPlan, Runtime } from "./plan.js";
import { shellLine } from "./shell.js";
import type { Weights } from "./weights.js";

/** More layers than any model has: everything (`-ngl`). */
const EVERYTHING = 999;

/** llama.cpp: `llama-server`, whose options fitcheck's own are named after. */
export const llamaCpp: Runtime = {
  id: "llama.cpp",

  /** Sets everything the estimate rests on: left alone, llama-server would start four unified slots. */
  command(plan) {
    const { settings, placement } = plan;
    const words = ["llama-server", ...weightsFlags(plan.weights, plan.quant)];
    words.push("-c", String(settings.contextLength), "-np", String(settings.parallel));
    if (settings.kvUnified) words.push("--kv-unified");
    words.push("-ngl", String(placement.gpuLayers >= placement.layers ? EVERYTHING : placement.gpuLayers));
    // With no layers there, a GPU would still compute, and take memory for it.
    if (plan.cpuOnly) words.push("-dev", "none");
    if (placement.cpuMoeLayers > 0) words.push("--n-cpu-moe", String(placement.cpuMoeLayers));
    const overrides = placement.overrideTensors ?? settings.overrideTensors ?? [];
    if (overrides.length > 0) words.push("-ot", overrides.join(","));
    if (!placement.kvOffload) words.push("--no-kv-offload");
    const split = placement.tensorSplit ?? settings.tensorSplit;
    if (split !== undefined && plan.deviceCount > 1) words.push("-ts", split.join(","));
    words.push("-fa", settings.flashAttention, "-ctk", settings.cacheTypeK, "-ctv", settings.cacheTypeV);
    words.push("-b", String(settings.batch), "-ub", String(settings.ubatch));
    if (settings.swaFull) words.push("--swa-full");
    return shellLine(words);
  },

  unsupported(plan: RunPlan) {
    return plan.settings.allLogits ? ["--all-logits"] : [];
  },
};

function weightsFlags(weights: Weights, quant: string): string[] {
  switch (weights.kind) {
    case "file":
      return ["-m", weights.path];
    case "url":
      return ["-mu", weights.url];
    case "repository":
      return ["-hf", `${weights.repository}:${quant}`];
    case "ollama":
      // The blob of an Ollama model is a GGUF file, but only Ollama knows its path.
      return ["-m", "model.gguf"];
    case "unknown":
      return ["-m", weights.placeholder];
  }
}
