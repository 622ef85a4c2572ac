import { describe, expect, test } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { loadModel } from "../../src/sources/load-model.js";
import { listModels } from "../../src/sources/model-index.js";

async function failure(reference: string): Promise<FitcheckError> {
  const error: unknown = await loadModel(reference).catch((thrown: unknown) => thrown);
  if (error instanceof FitcheckError) return error;
  throw new Error(`${reference} was found`);
}

describe("names that are known", () => {
  test.each([
    ["deepseek-r1-distill-mistral-24b", "deepseek-r1-distill-mistral-24b"],
    ["deepseek-r1-mistral-24b", "deepseek-r1-distill-mistral-24b"],
    ["deepseek-r1:24b-mistral", "deepseek-r1-distill-mistral-24b"],
    ["deepseek-r1-distill-8b", "deepseek-r1-distill-llama-8b"],
    ["deepseek-r1-8b", "deepseek-r1-distill-llama-8b"],
    ["DeepSeek_R1 Distill-Llama 8B", "deepseek-r1-distill-llama-8b"],
    ["deepseek-r1:8b", "deepseek-r1-0528-qwen3-8b"],
    ["llama-3.1-8b", "llama-3.1-8b"],
    ["LLAMA-3.1-8B", "llama-3.1-8b"],
    ["llama 3.1 8b instruct", "llama-3.1-8b"],
    ["llama3.1:8b", "llama-3.1-8b"],
    ["meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"],
    ["Meta Llama 3.1 8B Instruct", "llama-3.1-8b"],
    ["google/gemma-2-9b-it", "gemma-2-9b"],
    ["qwen2.5:7b", "qwen2.5-7b"],
    ["gpt-oss:20b", "gpt-oss-20b"],
    ["mixtral-8x7b-instruct", "mixtral-8x7b"],
  ])("%s", async (reference, id) => {
    expect((await loadModel(reference)).id).toBe(id);
  });

  test("a quantization is picked", async () => {
    const model = await loadModel("mistral small 24b:q4_k_m");
    expect(model.quants).toEqual([
      {
        quant: "Q4_K_M",
        fileBytes: 14333908672,
        fileSource: "published",
        source: "bartowski/Mistral-Small-24B-Instruct-2501-GGUF",
      },
    ]);
  });

  test("all that can be made is offered", async () => {
    const model = await loadModel("llama-3.1-8b");
    expect(model.quants.length).toBeGreaterThanOrEqual(28);
    expect(model.parameters).toBe(8030261248);
    expect(model.contextLength).toBe(131072);
  });
});

describe("names that are not known", () => {
  test.each([
    ["lama-3.1-8b", "llama-3.1-8b"],
    ["llama-3.1-8c", "llama-3.1-8b"],
    ["mistal-7b", "mistral-7b-v0.3"],
    ["deepseek-r1-distil-llama-8b", "deepseek-r1-distill-llama-8b"],
    ["qwen-2.5-7b-instuct", "qwen2.5-7b"],
    ["gemma-3-27-it", "gemma-3-27b"],
    ["phi35-mini", "phi-3.5-mini"],
    ["tinylama", "tinyllama-1.1b"],
  ])("%s suggests %s first", async (reference, id) => {
    const error = await failure(reference);
    expect(error.code).toBe("UNKNOWN_MODEL");
    expect(error.suggestions[0]).toBe(id);
    expect(error.suggestions.length).toBeLessThanOrEqual(5);
  });

  test("a family is ambiguous", async () => {
    const error = await failure("llama");
    expect(error.code).toBe("AMBIGUOUS_MODEL");
    expect(error.suggestions).toHaveLength(5);
  });

  test("nothing alike, nothing suggested", async () => {
    expect((await failure("xyzzy")).suggestions).toEqual([]);
  });

  test("names cannot leave the catalog", async () => {
    for (const reference of ["..%2fversion", "..", "models\\..", "a\tb", "con"]) await failure(reference);
  });

  test("a quantization that does not exist", async () => {
    expect((await failure("gpt-oss-20b:IQ2_XS")).code).toBe("BAD_VALUE");
  });
});

test("one letter wrong finds the model among the suggestions", async () => {
  const models = listModels().filter((_, index) => index % 7 === 0);
  const lost: string[] = [];
  for (const { id } of models) {
    const at = Math.floor(id.length / 2);
    const typo = `${id.slice(0, at)}${id[at] === "x" ? "y" : "x"}${id.slice(at + 1)}`;
    const found = await loadModel(typo).then(
      (model) => [model.id],
      (error: FitcheckError) => error.suggestions,
    );
    if (!found.includes(id)) lost.push(`${typo} -> ${found.join(" ")}`);
  }
  expect(lost.length / models.length, lost.join("\n")).toBeLessThan(0.1);
});
