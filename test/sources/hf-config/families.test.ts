import { describe, expect, test } from "vitest";
import { knownArchitectures } from "../../../src/architectures/registry.js";
import { convertConfig } from "../../../src/sources/hf-config/convert.js";
import { classOfModelType } from "../../../src/sources/hf-config/model-class.js";
import { outcome, PUBLISHED } from "./published.js";

/** What most configs say; the sizes are made up. */
const COMMON = {
  hidden_size: 256,
  intermediate_size: 512,
  max_position_embeddings: 2048,
  num_attention_heads: 4,
  num_hidden_layers: 4,
  num_key_value_heads: 2,
  vocab_size: 1000,
};
const MIXTURE = { ...COMMON, moe_intermediate_size: 128, n_routed_experts: 8, num_experts_per_tok: 2 };
const RWKV = { hidden_size: 256, num_hidden_layers: 4, vocab_size: 1000, layer_norm_epsilon: 1e-5 };

/** Families of which no published config is at hand, each in a small size. */
const FAMILIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  afmoe: {
    ...COMMON,
    architectures: ["AfmoeForCausalLM"],
    moe_intermediate_size: 128,
    num_experts: 8,
    num_experts_per_tok: 2,
    num_shared_experts: 1,
    num_dense_layers: 1,
    sliding_window: 128,
  },
  apertus: { ...COMMON, architectures: ["ApertusForCausalLM"] },
  bloom: { architectures: ["BloomForCausalLM"], n_embed: 256, n_layer: 4, n_head: 4, vocab_size: 1000 },
  dbrx: {
    architectures: ["DbrxForCausalLM"],
    d_model: 256,
    n_layers: 4,
    n_heads: 4,
    max_seq_len: 2048,
    vocab_size: 1000,
    attn_config: { kv_n_heads: 2, clip_qkv: 8 },
    ffn_config: { ffn_hidden_size: 512, moe_num_experts: 4, moe_top_k: 2 },
  },
  deepseek: {
    ...MIXTURE,
    architectures: ["DeepseekForCausalLM"],
    first_k_dense_replace: 1,
    n_shared_experts: 2,
  },
  "exaone-moe": {
    ...MIXTURE,
    architectures: ["ExaoneMoEForCausalLM"],
    num_experts: 8,
    num_shared_experts: 1,
    first_last_k_dense_replace: 1,
    num_nextn_predict_layers: 1,
    sliding_window: 128,
    sliding_window_pattern: "LLLG",
  },
  "falcon-h1": {
    ...COMMON,
    architectures: ["FalconH1ForCausalLM"],
    mamba_d_ssm: 256,
    mamba_d_head: 64,
    mamba_d_state: 64,
  },
  "gemma-embedding": { ...COMMON, architectures: ["Gemma3TextModel"], head_dim: 64, sliding_window: 128 },
  gpt2: { architectures: ["GPT2LMHeadModel"], n_embd: 256, n_layer: 4, n_head: 4, n_ctx: 1024, vocab_size: 1000 },
  granitemoe: { ...COMMON, architectures: ["GraniteMoeForCausalLM"], num_local_experts: 8, num_experts_per_tok: 2 },
  grok: {
    ...COMMON,
    architectures: ["Grok1ForCausalLM"],
    num_local_experts: 4,
    num_experts_per_tok: 2,
    embedding_multiplier_scale: 78,
    output_multiplier_scale: 0.5,
  },
  "jina-bert-v2": { ...COMMON, architectures: ["JinaBertForMaskedLM"], num_key_value_heads: 4, type_vocab_size: 2 },
  mamba2: {
    architectures: ["Mamba2ForCausalLM"],
    hidden_size: 256,
    num_hidden_layers: 4,
    vocab_size: 1000,
    head_dim: 64,
    state_size: 64,
  },
  "modern-bert": {
    ...COMMON,
    architectures: ["ModernBertModel"],
    num_key_value_heads: 4,
    local_attention: 128,
    global_attn_every_n_layers: 3,
  },
  mpt: {
    architectures: ["MPTForCausalLM"],
    d_model: 256,
    n_layers: 4,
    n_heads: 4,
    max_seq_len: 2048,
    vocab_size: 1000,
    attn_config: { clip_qkv: null },
  },
  "nomic-bert-moe": {
    architectures: ["NomicBertModel"],
    n_embd: 256,
    n_layer: 4,
    n_head: 4,
    n_inner: 512,
    n_positions: 2048,
    vocab_size: 1000,
    moe_every_n_layers: 2,
    moe_top_k: 2,
    num_experts: 8,
  },
  qwen: { ...COMMON, architectures: ["QWenLMHeadModel"], num_key_value_heads: 4 },
  rwkv6: { ...RWKV, architectures: ["Rwkv6ForCausalLM"], head_size: 64, rescale_every: 6 },
  rwkv7: { ...RWKV, architectures: ["Rwkv7ForCausalLM"], head_dim: 64 },
  xverse: { ...COMMON, architectures: ["XverseForCausalLM"] },
};

describe("families without a published config at hand", () => {
  test.each(Object.entries(FAMILIES))("%s", (id, config) => {
    const result = outcome({ model: id, source: "made up", config });
    expect(result).toMatchObject({ architecture: id });
  });

  test("GPT-2 124M comes to its weights", () => {
    const config = { ...FAMILIES.gpt2, n_embd: 768, n_layer: 12, n_head: 12, vocab_size: 50257 };
    // 50,257 x 768 + 1024 x 768 + 12 x (12 x 768 x 768 + 13 x 768) + 2 x 768
    expect(outcome({ model: "gpt2", source: "made up", config })).toMatchObject({ parameters: 124_439_808 });
  });

  test("every MPT and Falcon detail that changes tensors", () => {
    expect(convertConfig({ ...FAMILIES.mpt, attn_config: { clip_qkv: 6, kv_n_heads: 1 } }).values).toMatchObject({
      "attention.clamp_kqv": 6,
      "attention.head_count_kv": 1,
    });
    const falcon = { ...COMMON, architectures: ["FalconForCausalLM"], num_kv_heads: 8 };
    const norms = (changes: object) => convertConfig({ ...falcon, ...changes }).values["tensors.attn_norm_2"];
    expect(norms({})).toBe(true);
    expect(norms({ new_decoder_architecture: true, num_ln_in_parallel_attn: 1 })).toBeUndefined();
    expect(norms({ num_kv_heads: 1 })).toBeUndefined();
  });
});

test("every architecture is converted to", () => {
  const reached = new Set(
    [...PUBLISHED.map(({ config }) => config), ...Object.values(FAMILIES)].flatMap((config) => {
      try {
        return [convertConfig(config).architecture];
      } catch {
        return [];
      }
    }),
  );
  expect(knownArchitectures().filter((id) => !reached.has(id))).toEqual([]);
});

describe("a config that names no class", () => {
  test.each([
    ["mistral", "MistralForCausalLM"],
    ["qwen3_moe", "Qwen3MoeForCausalLM"],
    ["qwen3_5_text", "Qwen3_5ForCausalLM"],
    ["gemma3_text", "Gemma3ForCausalLM"],
    ["gpt_neox", "GPTNeoXForCausalLM"],
    ["gpt2", "GPT2LMHeadModel"],
    ["xlm-roberta", "XLMRobertaModel"],
    ["granitemoehybrid", "GraniteMoeHybridForCausalLM"],
    ["nemotron-nas", "DeciLMForCausalLM"],
    ["kimi_k2", "DeepseekV3ForCausalLM"],
    ["hunyuan_v1_dense", "HunYuanDenseV1ForCausalLM"],
    ["mllama_text_model", undefined],
    ["", undefined],
  ])("%s", (type, modelClass) => {
    expect(classOfModelType(type)).toBe(modelClass);
  });

  test("is refused by its model type where that is unknown", () => {
    expect(() => convertConfig({ ...COMMON, model_type: "brand_new" })).toThrow('the model type "brand_new"');
    expect(() => convertConfig(COMMON)).toThrow('neither a model class ("architectures") nor a "model_type"');
  });

  test("a class that is named and unknown is not replaced", () => {
    const json = { ...COMMON, architectures: ["FancyForCausalLM"], model_type: "llama" };
    expect(() => convertConfig(json)).toThrow("FancyForCausalLM");
  });

  test("InternVL goes by its text model", () => {
    const text = { ...COMMON, model_type: "qwen3", head_dim: 64 };
    const { architecture, values } = convertConfig({ architectures: ["InternVLChatModel"], llm_config: text });
    expect(architecture).toBe("qwen3");
    expect(values["attention.key_length"]).toBe(64);
  });

  test("Mamba of its authors goes by its layers", () => {
    const mamba = { d_model: 256, n_layer: 4, vocab_size: 1000, ssm_cfg: {} };
    expect(convertConfig(mamba).architecture).toBe("mamba");
    expect(convertConfig({ ...mamba, ssm_cfg: { layer: "Mamba2" } }).architecture).toBe("mamba2");
  });
});

test("MiniCPM-V goes by its version", () => {
  const of = (version: unknown) => convertConfig({ ...COMMON, architectures: ["MiniCPMV"], version }).architecture;
  expect([2.5, 2.6, 4.0, 4.5].map(of)).toEqual(["llama", "qwen2", "llama", "qwen3"]);
  expect(() => of(undefined)).toThrow("does not say its version");
  expect(() => of(9)).toThrow("MiniCPMV 9 is not known");
});
