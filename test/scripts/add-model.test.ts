import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newEntry } from "../../scripts/model-entry.js";
import { convertConfig } from "../../src/sources/hf-config/convert.js";
import { modelSchema } from "../../src/sources/model-schema.js";

const CONFIGS = new URL("../fixtures/configs/", import.meta.url);

test.each(["meta-llama__Llama-3.1-8B-Instruct", "Qwen__Qwen3-30B-A3B", "google__gemma-3n-E4B-it"])(
  "a config becomes an entry the schema accepts: %s",
  (file) => {
    const config = JSON.parse(readFileSync(new URL(`${file}.json`, CONFIGS), "utf8"));
    const entry = newEntry({
      id: "some-model",
      name: "Some Model",
      family: "Some",
      developer: "Someone",
      repositories: { huggingFace: file.replace("__", "/") },
      source: "config.json",
      ...convertConfig(config),
    });
    expect(modelSchema.safeParse(entry).error).toBeUndefined();
    expect(entry.parameters.total).toBeGreaterThan(1e9);
  },
);
