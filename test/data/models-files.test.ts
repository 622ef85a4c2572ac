import { expect, test } from "vitest";
import { architectureById } from "../../src/architectures/registry.js";
import { Hyperparameters } from "../../src/core/hyperparameters.js";
import { prepareQuantization, quantizedBytes } from "../../src/core/quantize.js";
import { findQuant } from "../../src/core/quantize-names.js";
import { quantName } from "../../src/sources/quant-name.js";
import { offenders } from "./models.js";

test("published files are named as quantizations are", () => {
  expect(
    offenders(({ entry }) => Object.keys(entry.files?.bytes ?? {}).find((quant) => quantName(quant) !== quant)),
  ).toEqual([]);
});

test("files come from one of the model's repositories", () => {
  expect(
    offenders(({ entry }) => {
      const repository = entry.files?.repository;
      if (repository === undefined || entry.repositories.gguf?.includes(repository)) return undefined;
      return repository;
    }),
  ).toEqual([]);
});

test("published sizes of Q4_K_M and Q8_0 are within 1 % of the tensors and a vocabulary", () => {
  /** Metadata of a GGUF is its vocabulary, mostly: measured files carry 0.7 to 16 MB of it. */
  const VOCABULARY = 16e6;
  expect(
    offenders(({ entry }) => {
      const architecture = architectureById(entry.architecture);
      if (architecture === undefined || entry.files === undefined) return undefined;
      const hp = new Hyperparameters(entry.architecture, entry.hyperparameters);
      const plan = prepareQuantization(architecture.tensors(hp), hp);
      for (const name of ["Q4_K_M", "Q8_0"]) {
        const published = entry.files.bytes[name];
        const quant = findQuant(name);
        if (published === undefined || quant === undefined) continue;
        const tensors = quantizedBytes(plan, quant);
        const low = tensors * 0.99;
        const high = tensors * 1.01 + VOCABULARY;
        if (published < low || published > high) {
          return `${name} ${published}, tensors ${tensors} (${((published / tensors - 1) * 100).toFixed(2)} %)`;
        }
      }
      return undefined;
    }),
  ).toEqual([]);
});
