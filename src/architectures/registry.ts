import type { Architecture } from "../core/architecture.js";
import { afmoe } from "./afmoe.js";
import { bert, jinaBertV2, modernBert, nomicBert, nomicBertMoe } from "./bert.js";
import { cohere2, commandR } from "./cohere.js";
import { deci } from "./deci.js";
import { deepseek2 } from "./deepseek2.js";
import { deepseek32, glmDsa } from "./deepseek32.js";
import { ernie45, ernie45Moe } from "./ernie.js";
import { exaone, exaone4, exaoneMoe } from "./exaone.js";
import { falcon } from "./falcon.js";
import { falconH1 } from "./falcon-h1.js";
import { gemma, gemma2, gemma3, gemmaEmbedding } from "./gemma.js";
import { gemma3n } from "./gemma3n.js";
import { gemma4 } from "./gemma4.js";
import { chatglm, glm4, glm4moe } from "./glm.js";
import { bloom, gpt2, gptneox, mpt } from "./gpt.js";
import { gptOss } from "./gpt-oss.js";
import { granite, graniteMoe, minicpm } from "./granite.js";
import { graniteHybrid } from "./granite-hybrid.js";
import { grok } from "./grok.js";
import { hunyuanDense, hunyuanMoe } from "./hunyuan.js";
import { jamba } from "./jamba.js";
import { kimiLinear } from "./kimi-linear.js";
import { lfm2, lfm2moe } from "./lfm2.js";
import { llama, mistral3 } from "./llama.js";
import { llama4 } from "./llama4.js";
import { mamba, mamba2 } from "./mamba.js";
import { mimo2 } from "./mimo2.js";
import { minicpm3 } from "./minicpm3.js";
import { minimaxM2 } from "./minimax.js";
import { bailingmoe, bailingmoe2, dbrx, deepseek, dots1 } from "./mixtures.js";
import { nemotronH, nemotronHMoe } from "./nemotron-h.js";
import { olmo, olmo2, olmoe } from "./olmo.js";
import { phi2, phi3, phimoe } from "./phi.js";
import { apertus, arcee, baichuan, internlm2, nemotron, orion, starcoder2, xverse } from "./plain.js";
import { qwen, qwen2, qwen2moe, qwen2vl } from "./qwen2.js";
import { qwen3, qwen3moe, qwen3vl, qwen3vlmoe } from "./qwen3.js";
import { qwen3next, qwen35, qwen35moe } from "./qwen35.js";
import { rwkv6, rwkv7 } from "./rwkv.js";
import { seedOss } from "./seed-oss.js";
import { smollm3 } from "./smollm3.js";
import { stablelm } from "./stablelm.js";
import { step35 } from "./step35.js";

const ALL: readonly Architecture[] = [
  afmoe,
  apertus,
  arcee,
  baichuan,
  bailingmoe,
  bailingmoe2,
  bert,
  bloom,
  chatglm,
  cohere2,
  commandR,
  dbrx,
  deci,
  deepseek,
  deepseek2,
  deepseek32,
  dots1,
  ernie45,
  ernie45Moe,
  exaone,
  exaone4,
  exaoneMoe,
  falcon,
  falconH1,
  gemma,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  gemmaEmbedding,
  glm4,
  glm4moe,
  glmDsa,
  gpt2,
  gptneox,
  gptOss,
  granite,
  graniteHybrid,
  graniteMoe,
  grok,
  hunyuanDense,
  hunyuanMoe,
  internlm2,
  jamba,
  jinaBertV2,
  kimiLinear,
  lfm2,
  lfm2moe,
  llama,
  llama4,
  mamba,
  mamba2,
  mimo2,
  minicpm,
  minicpm3,
  minimaxM2,
  mistral3,
  modernBert,
  mpt,
  nemotron,
  nemotronH,
  nemotronHMoe,
  nomicBert,
  nomicBertMoe,
  olmo,
  olmo2,
  olmoe,
  orion,
  phi2,
  phi3,
  phimoe,
  qwen,
  qwen2,
  qwen2moe,
  qwen2vl,
  qwen3,
  qwen35,
  qwen35moe,
  qwen3moe,
  qwen3next,
  qwen3vl,
  qwen3vlmoe,
  rwkv6,
  rwkv7,
  seedOss,
  smollm3,
  stablelm,
  starcoder2,
  step35,
  xverse,
];

/** The family with this GGUF `general.architecture`, undefined when fitcheck does not know it. */
export function architectureById(id: string): Architecture | undefined {
  return ALL.find((architecture) => architecture.id === id);
}

export function knownArchitectures(): string[] {
  return ALL.map((architecture) => architecture.id).sort();
}
