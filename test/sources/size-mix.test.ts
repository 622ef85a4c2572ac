import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { architectureById } from "../../src/architectures/registry.js";
import { tensorBytes } from "../../src/core/ggml.js";
import type { TypedTensor } from "../../src/core/model.js";
import { padTo } from "../../src/core/units.js";
import { modelFromGguf } from "../../src/sources/gguf/model.js";
import { readGgufFile } from "../../src/sources/gguf/read.js";
import { SizeMixer } from "../../src/sources/size-mix.js";
import { headerPath } from "../accuracy/load.js";

async function mixerOf(name: string): Promise<SizeMixer> {
  const place = fileURLToPath(headerPath(name));
  const model = modelFromGguf(await readGgufFile(place), { id: name, place, source: "gguf" }, architectureById);
  return new SizeMixer(model.tensors, model.hyperparameters);
}

const bytesOfMix = (mixer: SizeMixer, bytes: number) => bytesOf(mixer.tensorsOf("UD-Q4_K_XL", bytes)?.tensors);

function bytesOf(tensors: readonly TypedTensor[] | undefined): number {
  return (tensors ?? []).reduce((sum, { type, shape }) => sum + padTo(tensorBytes(type, shape), 32), 0);
}

test.each([
  ["Qwen__Qwen3-8B", 2.3e9],
  ["Qwen__Qwen3-30B-A3B", 6.8e9],
  ["google__gemma-3-27b-it", 7e9],
])("%s: any size between the smallest and the largest recipe is met", async (name, smallest) => {
  const mixer = await mixerOf(name);
  for (let bytes = smallest; bytes < smallest * 12; bytes *= 1.037) {
    const sum = bytesOfMix(mixer, bytes);
    expect(Math.abs(sum - bytes) / bytes, String(bytes)).toBeLessThan(0.005);
  }
});

test("a size no quantization comes to is not answered", async () => {
  const mixer = await mixerOf("Qwen__Qwen3-8B");
  expect(mixer.tensorsOf("UD-Q4_K_XL", 1e6)).toBeUndefined();
  expect(mixer.tensorsOf("UD-Q4_K_XL", 1e12)).toBeUndefined();
});

test("stock files are told from others of the same name by their size", async () => {
  const mixer = await mixerOf("Qwen__Qwen3-8B");
  expect(mixer.isStock("Q4_K_M", 5_027_783_872 - 5_950_000)).toBe(true);
  expect(mixer.isStock("Q4_K_M", 5_200_000_000)).toBe(false);
  expect(mixer.isStock("UD-Q4_K_XL", 5_027_783_872)).toBe(false);
});

test("layers share what is added", async () => {
  const mixer = await mixerOf("Qwen__Qwen3-8B");
  const tensors = mixer.tensorsOf("UD-Q4_K_XL", 5.1e9)?.tensors ?? [];
  const half = (from: number, to: number) =>
    bytesOf(
      tensors.filter(({ name }) => {
        const block = Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
        return block >= from && block < to;
      }),
    );
  expect(half(0, 18) / half(18, 36)).toBeCloseTo(1, 1);
});

test("an uploader's _L is the recipe with embedding and output in Q8_0", async () => {
  const mixer = await mixerOf("Qwen__Qwen3-8B");
  const q4km = 5_027_783_872 - 5_950_000;
  // of 151,936 x 4,096 elements the embedding gains 4 bits each, the output 1.9375
  const bytes = q4km + (151_936 * 4_096 * (4 + 1.9375)) / 8;
  const mixed = mixer.tensorsOf("Q4_K_L", bytes);
  expect(mixed?.guessed).toBe(false);
  const types = new Map(mixed?.tensors.map(({ name, type }) => [name, type]));
  expect([types.get("token_embd.weight"), types.get("output.weight")]).toEqual(["q8_0", "q8_0"]);
  expect(types.get("blk.0.ffn_down.weight")).toBe("q6_K");
  expect(mixer.tensorsOf("Q4_K_L", 1.1 * bytes)?.guessed).toBe(true);
});
