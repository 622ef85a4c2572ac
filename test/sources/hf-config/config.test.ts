import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FitcheckError } from "../../../src/core/errors.js";
import { convertConfig } from "../../../src/sources/hf-config/convert.js";
import { CONVERTERS } from "../../../src/sources/hf-config/registry.js";

const LLAMA = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 131072,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
};

function failure(json: unknown): FitcheckError {
  try {
    convertConfig(json);
  } catch (error) {
    if (error instanceof FitcheckError) return error;
    throw error;
  }
  throw new Error("converted");
}

describe("reading", () => {
  test("lifts the text model of a multimodal config", () => {
    const { architectures, ...text } = LLAMA;
    const { values } = convertConfig({ architectures: ["LlavaForConditionalGeneration"], text_config: text });
    expect(values.block_count).toBe(32);
    expect(architectures).toHaveLength(1);
  });

  test("takes null for absent", () => {
    expect(convertConfig({ ...LLAMA, head_dim: null }).values["attention.key_length"]).toBeUndefined();
  });

  test("takes heads for KV heads where none are given", () => {
    const { num_key_value_heads: _, ...rest } = LLAMA;
    expect(convertConfig(rest).values["attention.head_count_kv"]).toBe(32);
  });

  test("writes llama3 rope scaling as a tensor", () => {
    const scaled = { ...LLAMA, rope_scaling: { rope_type: "llama3", factor: 8 } };
    expect(convertConfig(scaled).values["tensors.rope_freqs"]).toBe(true);
    expect(convertConfig(LLAMA).values["tensors.rope_freqs"]).toBeUndefined();
  });

  test("knows rope scaling by either of its names", () => {
    const yarn = { type: "yarn", factor: 4, original_max_position_embeddings: 32768 };
    for (const key of ["rope_scaling", "rope_parameters"]) {
      expect(convertConfig({ ...LLAMA, [key]: yarn }).values).toMatchObject({
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": 4,
        "rope.scaling.original_context_length": 32768,
      });
    }
  });
});

describe("refusing", () => {
  test.each([
    ["a list", []],
    ["null", null],
    ["a text", "config"],
    ["nothing in it", {}],
    ["no layers", { ...LLAMA, num_hidden_layers: undefined }],
    ["text for layers", { ...LLAMA, num_hidden_layers: "32" }],
    ["negative layers", { ...LLAMA, num_hidden_layers: -1 }],
    ["half a layer", { ...LLAMA, num_hidden_layers: 1.5 }],
    ["endless layers", { ...LLAMA, num_hidden_layers: 1e15 }],
    ["too many layers", { ...LLAMA, num_hidden_layers: 100_000 }],
    ["no heads", { ...LLAMA, num_attention_heads: 0 }],
  ])("%s", (_, json) => {
    expect(failure(json).code).toBe("BAD_FILE");
  });

  test("an unknown model class, by name", () => {
    const error = failure({ ...LLAMA, architectures: ["BrandNewForCausalLM"] });
    expect(error.code).toBe("UNSUPPORTED_ARCHITECTURE");
    expect(error.message).toContain("BrandNewForCausalLM");
  });

  test("names that every object has", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect(failure({ ...LLAMA, architectures: [name] }).code).toBe("UNSUPPORTED_ARCHITECTURE");
    }
  });
});

test("whatever a config says, it becomes hyperparameters or one clear error", () => {
  const value = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.oneof(fc.integer(), fc.string())),
    fc.object({ maxDepth: 2 }),
  );
  const keys = [...Object.keys(LLAMA), "head_dim", "layer_types", "rope_scaling", "n_routed_experts", "moe_topk"];
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(CONVERTERS)),
      fc.dictionary(fc.constantFrom(...keys), value),
      (modelClass, changes) => {
        try {
          convertConfig({ ...LLAMA, ...changes, architectures: [modelClass] });
        } catch (error) {
          expect(error).toBeInstanceOf(FitcheckError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
