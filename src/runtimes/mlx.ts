import type { Runtime } from "./plan.js";
import { shellLine } from "./shell.js";

/** MLX: Apple's own runtime for checkpoints in safetensors. Its cache grows with the text, so no context is set. */
export const mlx: Runtime = {
  id: "mlx",

  command({ checkpoint, settings, backend }) {
    if (checkpoint === undefined || backend !== "metal") return undefined;
    const bits = { q8_0: "8", q4_0: "4" }[settings.cacheTypeK as string];
    const words = ["mlx_lm.server", "--model", checkpoint];
    if (bits !== undefined) words.push("--kv-bits", bits, "--quantized-kv-start", "0");
    return shellLine(words);
  },

  unsupported({ settings }) {
    const missing = ["--ctx"];
    if (settings.parallel > 1) missing.push("--parallel");
    if (!["f16", "bf16", "q8_0", "q4_0"].includes(settings.cacheTypeK)) missing.push("--cache-type-k");
    if (settings.cacheTypeV !== settings.cacheTypeK) missing.push("--cache-type-v");
    return missing;
  },
};
