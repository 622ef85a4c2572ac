import { describe, expect, it } from "vitest";
import type { QuantNeeds } from "../../src/core/needs.js";
import type { RecommendedModel } from "../../src/core/recommend-models.js";
import type { FitReport } from "../../src/core/report.js";
import { fitcheck } from "../support/io.js";

async function json<T>(line: string): Promise<T> {
  const { out } = await fitcheck(`${line} --json`);
  return JSON.parse(out) as T;
}

describe("--gpu-needed", () => {
  it("says the memory with which everything fits, and not a byte more", async () => {
    const { quants } = await json<{ quants: QuantNeeds[] }>("llama-3.1-8b -q Q4_K_M,Q8_0 --ctx 16k --gpu-needed");
    expect(quants.map(({ quant }) => quant)).toEqual(["Q4_K_M", "Q8_0"]);
    for (const { quant, vramBytes, ramBytes } of quants) {
      const ask = (vram: number, ram: number) =>
        json<FitReport>(`llama-3.1-8b -q ${quant} --ctx 16k --gpu "rtx 4090" --vram ${vram} --ram ${ram}`);
      expect((await ask(vramBytes, ramBytes)).quants[0]?.verdict).toBe("full");
      expect((await ask(vramBytes - 1, ramBytes)).quants[0]?.verdict).not.toBe("full");
      expect((await ask(vramBytes, ramBytes - 1)).quants[0]?.verdict).not.toBe("full");
    }
  });

  it("names cards that take it", async () => {
    const { quants } = await json<{ quants: QuantNeeds[] }>("qwen3-32b -q Q4_K_M --gpu-needed");
    for (const { id } of quants[0]?.cards?.cards.slice(0, 3) ?? []) {
      expect((await json<FitReport>(`qwen3-32b -q Q4_K_M --gpu ${id} --ram 64G`)).quants[0]?.verdict, id).toBe("full");
    }
  });

  it("takes several contexts, and no GPU", async () => {
    const { quants } = await json<{ quants: QuantNeeds[] }>("llama-3.1-8b -q Q4_K_M --ctx 4k,64k --gpu-needed");
    expect(quants.map(({ contextLength }) => contextLength)).toEqual([4096, 65_536]);
    expect((await fitcheck("llama-3.1-8b --gpu-needed --gpu 4090")).code).toBe(2);
  });
});

describe("recommend", () => {
  const ask = (line: string) => json<{ models: RecommendedModel[]; considered: number }>(`recommend ${line}`);

  it.each([
    '--gpu "rtx 4090" --ram 64G',
    "--vram 8G --ram 32G",
    '--gpu "m3 max 64gb" --ctx 32k',
    "--gpu none --ram 16G",
  ])(
    "says what the lookup of each model says: %s",
    async (line) => {
      const { models } = await ask(line);
      expect(models.length).toBe(10);
      expect(models.map(({ score }) => score)).toEqual(models.map(({ score }) => score).sort((a, b) => b - a));
      const context = line.includes("--ctx") ? "" : " --ctx 8192";
      for (const { id, quant, verdict, placement } of models.filter((_, i) => i % 3 === 0)) {
        const row = (await json<FitReport>(`${id} -q ${quant} ${line}${context}`)).quants[0];
        expect(row?.verdict, id).toBe(verdict);
        // with experts in RAM a lookup looks further for the best plan
        if (verdict === "full") expect(row?.placement?.memory, id).toEqual(placement.memory);
      }
    },
    60_000,
  );

  it.each(["code", "reasoning", "vision"])("keeps to the task: %s", async (task) => {
    const { models } = await ask(`--gpu "rtx 4090" --ram 64G --task ${task}`);
    expect(models.length).toBeGreaterThan(3);
    expect(models.filter(({ tags }) => !tags.includes(task) || tags.includes("base"))).toEqual([]);
  });

  it("knows embedding models apart, and refuses what it cannot answer", async () => {
    const { models } = await ask("--vram 8G --task embedding");
    expect(models.every(({ tags }) => tags.includes("embedding"))).toBe(true);
    expect((await fitcheck("recommend --task poetry --vram 8G")).code).toBe(2);
    expect((await fitcheck("recommend --ctx max --vram 8G")).code).toBe(2);
    expect((await fitcheck("recommend --gpu none --ram 64M")).code).toBe(1);
  });
});

describe("--ctx max and --chart", () => {
  it("finds the largest context of each quantization: a step more does not fit", async () => {
    const { quants } = await json<FitReport>('llama-3.1-8b -q Q4_K_M,Q8_0 --ctx max --gpu "rtx 3060 12gb" --ram 32G');
    for (const { quant, contextLength = 0, verdict } of quants) {
      expect(verdict).toBe("full");
      const more = await json<FitReport>(
        `llama-3.1-8b -q ${quant} --ctx ${contextLength + 256} --gpu "rtx 3060 12gb" --ram 32G`,
      );
      expect(more.quants[0]?.verdict).not.toBe("full");
    }
  });

  it("draws plain characters no wider than the terminal", async () => {
    const { out } = await fitcheck('llama-3.1-8b -q Q4_K_M --chart --gpu "rtx 3060 12gb" --ram 32G', { columns: 60 });
    const bars = out.split("\n").filter((line) => /^ *[\d,]+ =+#* *\|/.test(line));
    expect(bars.length).toBeGreaterThan(4);
    for (const bar of bars) {
      expect(bar.length).toBeLessThanOrEqual(60);
      expect(bar).toMatch(/^[\x20-\x7e]+$/);
    }
    expect(new Set(bars.map((bar) => bar.indexOf("|"))).size).toBe(1);
  });
});
