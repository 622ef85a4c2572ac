import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadModel } from "../../../src/sources/load-model.js";
import { listLmStudio } from "../../../src/sources/stores/lm-studio.js";
import { put, temporaryFolder, tinyModel } from "./fake.js";

const CONFIG = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 64,
  intermediate_size: 128,
  max_position_embeddings: 2048,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  vocab_size: 96,
};

/** A safetensors file of one tensor. */
function safetensors(header: unknown, bytes = 16): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(bytes)]);
}

const TENSOR = { w: { dtype: "BF16", shape: [8], data_offsets: [0, 16] } };

describe("a path", () => {
  test("to a GGUF file", async () => {
    const path = put(join(temporaryFolder(), "tiny-Q8_0.gguf"), tinyModel());
    const model = await loadModel(path);
    expect(model).toMatchObject({ id: path, source: "gguf" });
    expect(model.quants.map((offer) => offer.quant)).toEqual(["Q8_0"]);
  });

  test("to a folder of GGUF files: every quantization, each with its own tensors", async () => {
    const folder = temporaryFolder();
    put(join(folder, "tiny-Q8_0.gguf"), tinyModel());
    put(join(folder, "sub", "tiny-Q4_0.gguf"), tinyModel());
    put(join(folder, "mmproj-tiny-f16.gguf"), "not a model");
    put(join(folder, "imatrix.gguf"), "not a model");
    const model = await loadModel(folder);
    expect(model.source).toBe("folder");
    expect(model.quants.map((offer) => offer.quant).sort()).toEqual(["Q4_0", "Q8_0"]);
    expect(model.quants.every((offer) => offer.tensors !== undefined)).toBe(true);
    expect((await loadModel(`${folder}:Q8_0`)).quants).toHaveLength(1);
    await expect(loadModel(`${folder}:Q2_K`)).rejects.toMatchObject({ code: "BAD_VALUE" });
  });

  test("with a home", async () => {
    const folder = temporaryFolder();
    put(join(folder, "tiny-Q8_0.gguf"), tinyModel());
    expect((await loadModel("~/tiny-Q8_0.gguf", { environment: { HOME: folder } })).source).toBe("gguf");
  });

  test("to a folder with config.json and safetensors", async () => {
    const folder = temporaryFolder();
    put(join(folder, "config.json"), JSON.stringify({ ...CONFIG, quantization_config: { quant_method: "fp8" } }));
    put(join(folder, "model.safetensors"), safetensors(TENSOR));
    const model = await loadModel(folder);
    expect(model.architecture.id).toBe("llama");
    expect(model.quants[0]).toMatchObject({ quant: "FP8", fileSource: "file" });
    expect(model.quants.map((offer) => offer.quant)).toContain("Q4_K_M");
  });

  test.each([
    ["nothing", "/nowhere/at/all"],
    ["no file", "/nowhere/x.gguf"],
  ])("to %s", async (_, path) => {
    await expect(loadModel(path)).rejects.toMatchObject({ code: "BAD_FILE" });
  });

  test("to a folder without a model", async () => {
    const folder = temporaryFolder();
    await expect(loadModel(folder)).rejects.toMatchObject({ code: "BAD_FILE" });
    put(join(folder, "config.json"), "{");
    await expect(loadModel(folder)).rejects.toMatchObject({ code: "BAD_FILE" });
    put(join(folder, "config.json"), JSON.stringify({ ...CONFIG, architectures: ["Other"] }));
    await expect(loadModel(folder)).rejects.toMatchObject({ code: "UNSUPPORTED_ARCHITECTURE" });
  });

  test.each([
    ["empty", new Uint8Array(0)],
    ["short", Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 123])],
    ["endless", Buffer.alloc(8, 255)],
    ["no JSON", safetensors("not JSON")],
    ["a list", safetensors([])],
    ["tensors without places", safetensors({ w: { dtype: "BF16" } })],
    ["places in reverse", safetensors({ w: { dtype: "BF16", data_offsets: [16, 0] } })],
    ["places beyond numbers", safetensors({ w: { dtype: "BF16", data_offsets: [0, 1e300] } })],
    ["null for a tensor", safetensors({ w: null })],
  ])("to safetensors that are %s", async (_, bytes) => {
    const folder = temporaryFolder();
    put(join(folder, "config.json"), JSON.stringify(CONFIG));
    put(join(folder, "model.safetensors"), bytes);
    await expect(loadModel(folder)).rejects.toMatchObject({ code: "BAD_FILE" });
  });
});

describe("LM Studio", () => {
  function home(): string {
    const folder = temporaryFolder();
    put(join(folder, ".lmstudio/models/publisher/Tiny-GGUF/Tiny-Q8_0.gguf"), tinyModel());
    put(join(folder, ".lmstudio/models/publisher/Tiny-GGUF/Tiny-Q4_0.gguf"), tinyModel());
    return folder;
  }

  test("lists and reads its models", async () => {
    const environment = { HOME: home() };
    expect(listLmStudio(environment)).toEqual(["publisher/Tiny-GGUF"]);
    const model = await loadModel("lmstudio:publisher/tiny-gguf", { environment });
    expect(model).toMatchObject({ source: "lmstudio", id: "lmstudio:publisher/tiny-gguf" });
    expect(model.quants).toHaveLength(2);
    expect((await loadModel("lmstudio:publisher/Tiny-GGUF:Q4_0", { environment })).quants).toHaveLength(1);
  });

  test("follows the pointer to another home", async () => {
    const folder = temporaryFolder();
    put(join(folder, ".lmstudio-home-pointer"), `${join(home(), ".lmstudio")}\n`);
    expect(listLmStudio({ HOME: folder })).toEqual(["publisher/Tiny-GGUF"]);
  });

  test("names what is installed when asked for something else", async () => {
    await expect(loadModel("lmstudio:publisher/../..", { environment: { HOME: home() } })).rejects.toMatchObject({
      code: "UNKNOWN_MODEL",
      suggestions: ["lmstudio:publisher/Tiny-GGUF"],
    });
  });
});

describe("llama.cpp's cache", () => {
  test("answers for a repository's quantization that was downloaded before", async () => {
    const folder = temporaryFolder();
    put(join(folder, "org_tiny-GGUF_tiny-Q8_0.gguf"), tinyModel());
    const environment = { LLAMA_CACHE: folder, HOME: folder };
    const model = await loadModel("hf:org/tiny-GGUF:Q8_0", { environment });
    expect(model.source).toBe("llama.cpp-cache");
  });

  test("so does the Hub's", async () => {
    const folder = temporaryFolder();
    put(join(folder, "models--org--tiny-GGUF/snapshots/0123/tiny-Q8_0.gguf"), tinyModel());
    const environment = { HF_HUB_CACHE: folder, HOME: folder };
    expect((await loadModel("hf:org/tiny-GGUF:Q8_0", { environment })).source).toBe("llama.cpp-cache");
  });
});
