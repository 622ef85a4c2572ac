import { describe, expect, it } from "vitest";
import { architectureById } from "../../../src/architectures/registry.js";
import { parseGgufHeader } from "../../../src/sources/gguf/header.js";
import { quantLabel } from "../../../src/sources/gguf/label.js";
import { modelFromGguf } from "../../../src/sources/gguf/model.js";
import { readHeader } from "../../accuracy/load.js";
import { buildGguf, text, tinyLlama, uint32, type Value, vocabulary } from "./build.js";

function model(extra: Readonly<Record<string, Value>> = {}, place = "/models/tiny-llama.gguf") {
  const header = parseGgufHeader(buildGguf({ ...tinyLlama(extra), withData: true }), place);
  return modelFromGguf(header, { id: "tiny", place, source: "gguf" }, architectureById);
}

describe("the model in a file", () => {
  it("has the file's own quantization and nothing else", () => {
    const tiny = model();
    expect(tiny).toMatchObject({ id: "tiny", name: "Tiny", source: "gguf", contextLength: 2048, notes: [] });
    expect(tiny.architecture.id).toBe("llama");
    expect(tiny.quants).toEqual([
      { quant: "Q8_0", fileBytes: expect.any(Number), fileSource: "file", tensors: tiny.tensors },
    ]);
  });

  it("is called after the file when it does not say its name", () => {
    expect(model({ "general.name": text("") }).name).toBe("tiny-llama");
  });

  it("has as many tokens as its vocabulary, or else its embedding", () => {
    expect(model().hyperparameters.number("vocab_size")).toBe(96);
    expect(model(vocabulary(90, 10)).hyperparameters.number("vocab_size")).toBe(90);
    expect(model({ "llama.vocab_size": uint32(64) }).hyperparameters.number("vocab_size")).toBe(64);
  });

  it("counts the experts that work on a token", () => {
    const header = readHeader("Qwen__Qwen3-30B-A3B");
    const { parameters, activeParameters } = modelFromGguf(
      header,
      { id: "qwen", place: "qwen.gguf", source: "gguf" },
      architectureById,
    );
    expect(parameters).toBe(30_532_122_624);
    expect(activeParameters).toBe(3_353_032_704);
  });
});

describe("a file that is no model we know", () => {
  it("of an unknown architecture: its weights are known all the same", () => {
    expect(() => model({ "general.architecture": text("mystery\x1b[31m") })).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED_ARCHITECTURE",
        message: 'tiny: the architecture "mystery?[31m" is not known; its weights take 0.00 GiB (92672 bytes)',
      }),
    );
  });

  it("of a projector", () => {
    expect(() => model({ "general.architecture": text("clip") })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("projector of a multimodal model") }),
    );
  });

  it.each<[string, Record<string, Value>]>([
    ['"llama.block_count" has an impossible value (0)', { "llama.block_count": uint32(0) }],
    ['"llama.block_count" has an impossible value (4294967295)', { "llama.block_count": uint32(4_294_967_295) }],
    [
      '"llama.context_length" has an impossible value (NaN)',
      { "llama.context_length": { type: "float32", value: Number.NaN } },
    ],
    [
      '"llama.embedding_length" has an impossible value (-64)',
      { "llama.embedding_length": { type: "int32", value: -64 } },
    ],
    [
      '"llama.attention.head_count" has an impossible value',
      { "llama.attention.head_count": { type: "array", of: "int32", value: [4, -4] } },
    ],
    ['"llama.attention.head_count" has an impossible value (four)', { "llama.attention.head_count": text("four") }],
    [
      '"llama.attention.head_count_kv" has no usable value for layer 1',
      { "llama.attention.head_count_kv": { type: "array", of: "int32", value: [2] } },
    ],
  ])("%s", (problem, extra) => {
    expect(() => model(extra)).toThrow(expect.objectContaining({ code: "BAD_FILE", message: `tiny: ${problem}` }));
  });
});

describe("the name of a file's quantization", () => {
  const header = parseGgufHeader(buildGguf(tinyLlama()), "x.gguf");
  const unlabelled = { ...header, general: {} };

  it.each([
    ["model-Q4_K_M.gguf", "Q4_K_M"],
    ["model.q5_0.gguf", "Q5_0"],
    ["Model-8B-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"],
    ["Model-8B-UD-Q4_K_XL-00001-of-00002.gguf", "UD-Q4_K_XL"],
    ["gpt-oss-20b-mxfp4.gguf", "MXFP4"],
    ["gpt-oss-20b-MXFP4_MOE.gguf", "MXFP4"],
    ["model-fp16.gguf", "F16"],
    ["model-BF16.gguf", "BF16"],
    ["C:\\models\\Q4_K_M\\model-IQ3_XXS.gguf", "IQ3_XXS"],
    ["https://host/repo/model-Q4_K_L.gguf?download=true", "Q4_K_L"],
    ["Qwen3-8B.gguf", "Q8_0"],
    ["/models/Q4_K_M/sha256-0123abcd", "Q8_0"],
  ])("%s", (place, label) => {
    expect(quantLabel(header, place)).toBe(label);
  });

  it("is that of most of its bytes when nothing else says it", () => {
    expect(quantLabel(unlabelled, "model.gguf")).toBe("Q8_0");
    expect(quantLabel({ ...unlabelled, tensors: readHeader("openai__gpt-oss-20b").tensors }, "model.gguf")).toBe(
      "MXFP4",
    );
  });
});
