import { describe, expect, test } from "vitest";
import { quantName } from "../../src/sources/quant-name.js";
import { parseReference } from "../../src/sources/reference.js";

describe("parseReference", () => {
  test.each([
    ["llama-3.1-8b", { kind: "catalog", name: "llama-3.1-8b" }],
    ["llama-3.1-8b:Q4_K_M", { kind: "catalog", name: "llama-3.1-8b", quant: "Q4_K_M" }],
    ["llama-3.1-8b:q4_k_m", { kind: "catalog", name: "llama-3.1-8b", quant: "Q4_K_M" }],
    ["deepseek-r1:8b", { kind: "catalog", name: "deepseek-r1:8b" }],
    ["deepseek-r1:24b-mistral", { kind: "catalog", name: "deepseek-r1:24b-mistral" }],
    ["meta-llama/Llama-3.1-8B-Instruct", { kind: "catalog", name: "meta-llama/Llama-3.1-8B-Instruct" }],
    ["  gemma 3 27b ", { kind: "catalog", name: "gemma 3 27b" }],
    ["./model.gguf", { kind: "path", path: "./model.gguf" }],
    ["model.GGUF", { kind: "path", path: "model.GGUF" }],
    ["/models/llama", { kind: "path", path: "/models/llama" }],
    ["~/models/llama", { kind: "path", path: "~/models/llama" }],
    ["../llama", { kind: "path", path: "../llama" }],
    [".", { kind: "path", path: "." }],
    ["C:\\models\\x.gguf", { kind: "path", path: "C:\\models\\x.gguf" }],
    ["https://host/x.gguf", { kind: "url", url: "https://host/x.gguf" }],
    ["hf:org/name", { kind: "hugging-face", repository: "org/name" }],
    ["HF:org/name-GGUF:UD-Q4_K_XL", { kind: "hugging-face", repository: "org/name-GGUF", quant: "UD-Q4_K_XL" }],
    ["ollama:llama3.1:8b", { kind: "ollama", name: "llama3.1:8b" }],
    ["ollama:", { kind: "ollama", name: "" }],
    ["lmstudio:publisher/name", { kind: "lmstudio", name: "publisher/name" }],
  ])("%s", (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test.each(["", "  ", "hf:", "hf:name", "hf:../../etc", "hf:a/../b", "hf:org/.."])("refuses %j", (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "BAD_VALUE" }));
  });
});

describe("quantName", () => {
  test.each([
    ["q4_k_m", "Q4_K_M"],
    ["UD-Q4_K_XL", "UD-Q4_K_XL"],
    ["iq3_xxs", "IQ3_XXS"],
    ["IQ4_NL", "IQ4_NL"],
    ["Q3_K_XL", "Q3_K_XL"],
    ["q8_0", "Q8_0"],
    ["fp16", "F16"],
    ["bf16", "BF16"],
    ["mxfp4_moe", "MXFP4_MOE"],
    ["TQ1_0", "TQ1_0"],
  ])("%s is %s", (text, name) => {
    expect(quantName(text)).toBe(name);
  });

  test.each(["8b", "latest", "24b-mistral", "Q", "q99", "instruct", ""])("%s is none", (text) => {
    expect(quantName(text)).toBeUndefined();
  });
});
