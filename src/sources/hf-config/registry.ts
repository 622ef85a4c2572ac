import type { Converter } from "./common.js";
import { convertGemma2, convertGemma3 } from "./gemma.js";
import { convertGptOss } from "./gpt-oss.js";
import { convertLlama, convertMistral3 } from "./llama.js";
import { convertPhi3 } from "./phi.js";
import { convertQwen2, convertQwen3, convertQwen3Moe } from "./qwen.js";

/**
 * Hugging Face model class (`architectures[0]` of config.json) -> converter, as llama.cpp's `ModelBase.register` lists them.
 */
export const CONVERTERS: Readonly<Record<string, Converter>> = {
  LLaMAForCausalLM: convertLlama,
  LlamaForCausalLM: convertLlama,
  LlamaModel: convertLlama,
  LlavaForConditionalGeneration: convertLlama,
  LlavaNextForConditionalGeneration: convertLlama,
  MistralForCausalLM: convertLlama,
  MixtralForCausalLM: convertLlama,
  VLlama3ForCausalLM: convertLlama,
  VoxtralForConditionalGeneration: convertLlama,
  Ministral3ForCausalLM: convertMistral3,
  Mistral3ForConditionalGeneration: convertMistral3,
  Qwen2ForCausalLM: convertQwen2,
  Qwen2Model: convertQwen2,
  Qwen3ForCausalLM: convertQwen3,
  Qwen3Model: convertQwen3,
  Qwen3MoeForCausalLM: convertQwen3Moe,
  Gemma2ForCausalLM: convertGemma2,
  Gemma3ForCausalLM: convertGemma3,
  Gemma3ForConditionalGeneration: convertGemma3,
  Phi3ForCausalLM: convertPhi3,
  GptOssForCausalLM: convertGptOss,
};
