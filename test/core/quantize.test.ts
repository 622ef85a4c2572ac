import { describe, expect, it } from "vitest";
import { bitsPerElement, tensorBytes } from "../../src/core/ggml.js";
import { Hyperparameters } from "../../src/core/hyperparameters.js";
import type { TensorInfo } from "../../src/core/model.js";
import {
  assignTypes,
  prepareQuantization,
  quantizedBytes,
  quantizedTensors,
  quantsFor,
} from "../../src/core/quantize.js";
import { QUANT_IDS, type QuantId, RECIPES } from "../../src/core/quantize-recipes.js";
import { measuredModels, readHeader } from "../accuracy/load.js";

interface Shape {
  readonly architecture: string;
  readonly layers: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly headsKv: number;
  readonly vocabulary: number;
  readonly tied?: boolean;
}

/** A dense model as its GGUF lists it, biases of attention left out. */
function dense(shape: Shape): { tensors: TensorInfo[]; hp: Hyperparameters } {
  const { layers, embedding, feedForward, vocabulary } = shape;
  const kv = (embedding / shape.heads) * shape.headsKv;
  const tensors: TensorInfo[] = [
    { name: "token_embd.weight", shape: [embedding, vocabulary] },
    { name: "output_norm.weight", shape: [embedding] },
    ...(shape.tied ? [] : [{ name: "output.weight", shape: [embedding, vocabulary] }]),
  ];
  for (let il = 0; il < layers; il++) {
    const add = (name: string, ...dimensions: number[]) =>
      tensors.push({ name: `blk.${il}.${name}.weight`, shape: dimensions });
    add("attn_norm", embedding);
    add("attn_q", embedding, embedding);
    add("attn_k", embedding, kv);
    add("attn_v", embedding, kv);
    add("attn_output", embedding, embedding);
    add("ffn_norm", embedding);
    add("ffn_gate", embedding, feedForward);
    add("ffn_up", embedding, feedForward);
    add("ffn_down", feedForward, embedding);
  }
  const hp = new Hyperparameters(shape.architecture, {
    block_count: layers,
    "attention.head_count": shape.heads,
    "attention.head_count_kv": shape.headsKv,
  });
  return { tensors, hp };
}

/** Mistral Small 24B, whose bytes at Q4_K_M are measured. */
const MISTRAL: Shape = {
  architecture: "llama",
  layers: 40,
  embedding: 5120,
  feedForward: 32_768,
  heads: 32,
  headsKv: 8,
  vocabulary: 131_072,
};

const QWEN_72B: Shape = {
  architecture: "qwen2",
  layers: 80,
  embedding: 8192,
  feedForward: 29_568,
  heads: 64,
  headsKv: 8,
  vocabulary: 152_064,
};

function typeOf(shape: Shape, quant: QuantId, name: string): string | undefined {
  const { tensors, hp } = dense(shape);
  return assignTypes(tensors, hp, quant).find((tensor) => tensor.name === name)?.type;
}

const bytesOf = (tensors: readonly { type: Parameters<typeof tensorBytes>[0]; shape: readonly number[] }[]) =>
  tensors.reduce((total, { type, shape }) => total + tensorBytes(type, shape), 0);

describe("a quantization's recipe", () => {
  it("needs nothing but names and shapes", () => {
    const { tensors, hp } = dense(MISTRAL);
    // Mistral's heads are narrower than its embedding: 128 instead of 160.
    const real = tensors.map(({ name, shape }) => {
      if (name.includes("attn_q")) return { name, shape: [5120, 4096] };
      if (name.includes("attn_output")) return { name, shape: [4096, 5120] };
      return { name, shape: /attn_[kv]\.weight/.test(name) ? [5120, 1024] : shape };
    });
    expect(quantizedBytes(prepareQuantization(real, hp), "Q4_K_M")).toBe(14_326_026_240);
  });

  it("gives the first, the last and every third layer more bits", () => {
    const better = dense(MISTRAL);
    const types = assignTypes(better.tensors, better.hp, "Q4_K_M");
    const down = types.filter(({ name }) => name.includes("ffn_down")).map(({ type }) => (type === "q6_K" ? "x" : "."));
    expect(down.join("")).toBe("xxxxx..x..x..x..x..x..x..x..x..x..xxxxxx");
  });

  it("keeps norms as they are, and converts the rest of a float model", () => {
    expect(typeOf(MISTRAL, "BF16", "blk.3.attn_norm.weight")).toBe("f32");
    expect(typeOf(MISTRAL, "BF16", "blk.3.attn_v.weight")).toBe("bf16");
    const router: TensorInfo = { name: "blk.0.ffn_gate_inp.weight", shape: [64, 8], type: "f16" };
    const { hp } = dense(MISTRAL);
    expect(assignTypes([router], hp, "Q4_0")[0]?.type).toBe("f16");
  });

  it("treats the embedding of a tied model as its output", () => {
    expect(typeOf(MISTRAL, "Q4_K_M", "token_embd.weight")).toBe("q4_K");
    expect(typeOf({ ...MISTRAL, tied: true }, "Q4_K_M", "token_embd.weight")).toBe("q6_K");
    expect(typeOf(MISTRAL, "IQ2_M", "token_embd.weight")).toBe("iq3_s");
  });

  it("falls back where rows do not divide into blocks", () => {
    const odd = { ...MISTRAL, embedding: 2880, heads: 32, feedForward: 2880 };
    expect(typeOf(odd, "Q4_K_M", "blk.20.attn_k.weight")).toBe("q5_0");
    expect(typeOf(odd, "IQ2_XS", "blk.20.ffn_up.weight")).toBe("iq4_nl");
    expect(typeOf(odd, "Q3_K_S", "output.weight")).toBe("q8_0");
    const { hp } = dense(MISTRAL);
    expect(assignTypes([{ name: "blk.0.attn_k.weight", shape: [48, 8] }], hp, "Q4_K_M")[0]?.type).toBe("f16");
  });

  it("knows the models that llama.cpp calls 70B", () => {
    // bartowski/Qwen2.5-72B-Instruct-GGUF Q4_K_M is 47,415,715,488 bytes: these, its biases and 5.98 MB of metadata.
    const { tensors, hp } = dense(QWEN_72B);
    const biases = 80 * 4 * (8192 + 1024 + 1024);
    expect(quantizedBytes(prepareQuantization(tensors, hp), "Q4_K_M") + biases).toBe(47_409_725_440);
    expect(typeOf(QWEN_72B, "Q3_K_S", "blk.40.attn_v.weight")).toBe("q5_K");
    expect(typeOf({ ...QWEN_72B, layers: 64 }, "Q3_K_S", "blk.40.attn_v.weight")).toBe("q3_K");
  });

  it("has lines of its own for Falcon", () => {
    const falcon = { ...MISTRAL, architecture: "falcon", layers: 32 };
    expect(typeOf(falcon, "Q4_K_M", "output.weight")).toBe("q8_0");
    expect([1, 2, 5, 6].map((il) => typeOf(falcon, "Q4_K_M", `blk.${il}.ffn_down.weight`))).toEqual([
      "q6_K",
      "q5_K",
      "q4_K",
      "q5_K",
    ]);
    expect(typeOf(falcon, "F16", "output.weight")).toBe("f16");
  });

  it("puts experts in MXFP4 and the rest in Q8_0", () => {
    const { hp } = dense(MISTRAL);
    const tensors: TensorInfo[] = [
      { name: "output.weight", shape: [2880, 64] },
      { name: "blk.0.attn_q.weight", shape: [2880, 4096] },
      { name: "blk.0.ffn_up_exps.weight", shape: [2880, 2880, 32] },
      { name: "blk.0.ffn_up_exps.bias", shape: [2880, 32] },
    ];
    expect(assignTypes(tensors, hp, "MXFP4").map(({ type }) => type)).toEqual(["q8_0", "q8_0", "mxfp4", "f32"]);
  });
});

describe.each(measuredModels())("the quantizations of %s", (model) => {
  const { tensors, metadata } = readHeader(model);
  const plan = prepareQuantization(tensors, metadata);

  it("weigh what their tensors weigh", () => {
    for (const quant of QUANT_IDS) expect(quantizedBytes(plan, quant)).toBe(bytesOf(quantizedTensors(plan, quant)));
  });

  it("do not depend on the order of the tensors", () => {
    const reversed = prepareQuantization([...tensors].reverse(), metadata);
    for (const quant of QUANT_IDS) expect(quantizedBytes(reversed, quant)).toBe(quantizedBytes(plan, quant));
  });
});

describe("the list of quantizations", () => {
  it("runs from the largest to the smallest", () => {
    const { tensors, hp } = dense({ ...MISTRAL, layers: 32 });
    const plan = prepareQuantization(tensors, hp);
    const sizes = QUANT_IDS.filter((quant) => quant !== "MXFP4").map((quant) => quantizedBytes(plan, quant));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  it("has file types of its own for each", () => {
    const fileTypes = QUANT_IDS.map((quant) => RECIPES[quant].fileType);
    expect(new Set(fileTypes).size).toBe(QUANT_IDS.length);
  });

  it("offers what llama-quantize makes, 28 of them", () => {
    const offered = quantsFor(dense(MISTRAL).tensors, "llama");
    expect(offered).toHaveLength(28);
    expect(offered).not.toContain("MXFP4");
    expect(offered.every((quant) => bitsPerElement(RECIPES[quant].base) <= 16)).toBe(true);
  });

  it("offers what exists of models trained in MXFP4", () => {
    expect(quantsFor([], "gpt-oss")).toEqual(["F16", "Q8_0", "MXFP4"]);
    expect(quantsFor([{ name: "blk.0.ffn_up_exps.weight", shape: [32, 32, 2], type: "mxfp4" }], "llama")).toContain(
      "MXFP4",
    );
  });
});
