import { describe, expect, it } from "vitest";
import { explainMemory } from "../../src/core/explain.js";
import { DEFAULT_SETTINGS } from "../../src/core/settings.js";
import { weighQuants } from "../../src/core/weigh.js";
import { renderExplanation } from "../../src/render/explain.js";
import { loadModel } from "../../src/sources/load-model.js";

const GPU = { id: "CUDA0", backend: "cuda" } as const;
const settings = { ...DEFAULT_SETTINGS, contextLength: 16384 };

async function explained(id: string) {
  const [weighed] = weighQuants(await loadModel(id), [id.startsWith("gpt-oss") ? "MXFP4" : "Q4_K_M"]);
  if (!weighed) throw new Error(id);
  return explainMemory(weighed.model, settings, GPU);
}

const sum = (parts: readonly { readonly bytes: number }[]) => parts.reduce((total, part) => total + part.bytes, 0);

describe("explainMemory", () => {
  it.each(["deepseek-r1-mistral-24b", "gemma-3-12b", "llama-3.2-1b", "gpt-oss-20b", "phi-4", "qwen3-30b-a3b"])(
    "accounts for every byte of %s",
    async (id) => {
      const explanation = await explained(id);
      const [device] = explanation.memory.devices;
      expect(sum(explanation.weights.filter((group) => group.side === "gpu"))).toBe(device?.weightsBytes);
      expect(sum(explanation.weights.filter((group) => group.side === "host"))).toBe(
        explanation.memory.host.weightsBytes,
      );
      expect(explanation.caches.reduce((total, group) => total + group.blocks * group.bytes, 0)).toBe(
        device?.cacheBytes,
      );
      // padding between the values is all that the buffer holds beside them
      expect(sum(explanation.peak)).toBeLessThanOrEqual(device?.computeBytes ?? 0);
      expect(sum(explanation.peak)).toBeGreaterThan((device?.computeBytes ?? 0) / 2);
    },
  );

  it("prints every figure with its formula and symbol", async () => {
    const text = renderExplanation(
      "DeepSeek R1 Distill Mistral 24B, Q4_K_M",
      await explained("deepseek-r1-mistral-24b"),
      { columns: undefined, color: false },
    );
    await expect(text).toMatchFileSnapshot("../render/golden/explain.txt");
  });
});
