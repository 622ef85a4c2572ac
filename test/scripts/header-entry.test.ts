import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { differences, headerValues } from "../../scripts/header-entry.js";
import { architectureById } from "../../src/architectures/registry.js";
import { Hyperparameters } from "../../src/core/hyperparameters.js";
import { readGgufFile } from "../../src/sources/gguf/read.js";
import { modelSchema } from "../../src/sources/model-schema.js";

const FOLDER = fileURLToPath(new URL("../fixtures/groundtruth/headers/", import.meta.url));

/** What the measured headers have beyond what llama.cpp's converter writes: it lists them, but no model uses them. */
const BEYOND = /^only in the file: (cls\.output|dense_2)\.weight/;
/** Their keys and values are written apart, while the converter writes them as one. */
const SPLIT = /^microsoft__/;

test.each(readdirSync(FOLDER).filter((name) => !SPLIT.test(name)))("%s", async (name) => {
  const header = await readGgufFile(`${FOLDER}${name}`);
  const architecture = architectureById(header.architecture);
  const hp = new Hyperparameters(header.architecture, headerValues(header));
  expect(modelSchema.shape.hyperparameters.safeParse(hp.values).error).toBeUndefined();
  const found = differences(architecture?.tensors(hp) ?? [], header.tensors);
  expect(found.filter((difference) => !BEYOND.test(difference))).toEqual([]);
});
