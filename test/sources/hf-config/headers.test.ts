import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGgufHeader } from "../../../src/sources/gguf/header.js";
import { convertConfig } from "../../../src/sources/hf-config/convert.js";

/*
 * The headers were written by llama.cpp's own converter from public config.json files (see the README beside them);
 * test/fixtures/configs holds the facts of those configs. Both must become the same hyperparameters.
 */
const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** Frequencies and epsilons: memory does not depend on them. */
const WITHOUT_MEMORY = /layer_norm|rope\.freq_base|yarn_|altup\.active|activation_sparsity|rope\.scaling\.type/;

/** Where the config the header was made from differed from the published one. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "google__gemma-3-27b-it": { context_length: "made with 163840", vocab_size: "made with 262144" },
  "google__gemma-3-4b-it": { context_length: "made with 163840", vocab_size: "made with 262144" },
  "microsoft__phi-4": { "attention.sliding_window": "made with 262144, the published one has none" },
};

const files = readdirSync(new URL("groundtruth/headers/", FIXTURES)).filter((file) => file.endsWith(".gguf"));
const configs = new Set(readdirSync(new URL("configs/", FIXTURES)));
const cases = files
  .map((file) => ({ file, model: file.replace(/-(Q4_K_M|MXFP4_MOE)\.gguf$/, "") }))
  .filter(({ model }) => configs.has(`${model}.json`));

test("nearly every header has its config", () => {
  expect(cases.length).toBeGreaterThanOrEqual(45);
});

test.each(cases)("$model", ({ file, model }) => {
  const header = parseGgufHeader(readFileSync(new URL(`groundtruth/headers/${file}`, FIXTURES)), file);
  const config = JSON.parse(readFileSync(new URL(`configs/${model}.json`, FIXTURES), "utf8"));
  const { architecture, values } = convertConfig(config);
  expect(architecture).toBe(header.architecture);

  // llama.cpp's defaults where a key is not written
  const head = Number(values.embedding_length) / Number(values["attention.head_count"]);
  const converted: Record<string, unknown> = {
    "attention.key_length": head,
    "attention.value_length": head,
    ...values,
  };
  const wrong: string[] = [];
  for (const [key, value] of Object.entries(header.metadata.values)) {
    if (WITHOUT_MEMORY.test(key) || KNOWN[model]?.[key] !== undefined) continue;
    if (JSON.stringify(converted[key]) !== JSON.stringify(value)) wrong.push(`${key}: ${converted[key]}, not ${value}`);
  }
  expect(wrong).toEqual([]);
});
