import type { Runtime } from "./plan.js";
import { shellLine } from "./shell.js";

/** vLLM: serves checkpoints in safetensors, all of it on the GPUs. */
export const vllm: Runtime = {
  id: "vllm",

  command({ checkpoint, settings, placement, deviceCount, backend }) {
    const whole = placement.gpuLayers >= placement.layers && placement.cpuMoeLayers === 0 && placement.kvOffload;
    if (checkpoint === undefined || deviceCount === 0 || !whole || backend === "metal") return undefined;
    const perSequence = settings.kvUnified
      ? settings.contextLength
      : Math.floor(settings.contextLength / settings.parallel);
    const words = ["vllm", "serve", checkpoint, "--max-model-len", String(perSequence)];
    words.push("--max-num-seqs", String(settings.parallel));
    if (deviceCount > 1) words.push("--pipeline-parallel-size", String(deviceCount));
    if (settings.cacheTypeK === "q8_0") words.push("--kv-cache-dtype", "fp8");
    return shellLine(words);
  },

  unsupported({ settings, placement, deviceCount }) {
    const missing: string[] = [];
    const { cacheTypeK, cacheTypeV } = settings;
    if (!["f16", "bf16"].includes(cacheTypeK)) missing.push(`--cache-type-k ${cacheTypeK}`);
    if (!["f16", "bf16"].includes(cacheTypeV)) missing.push(`--cache-type-v ${cacheTypeV}`);
    if (placement.tensorSplit !== undefined && deviceCount > 1) missing.push("--tensor-split");
    if (settings.swaFull) missing.push("--swa-full");
    return missing;
  },
};
