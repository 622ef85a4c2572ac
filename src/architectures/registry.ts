import type { Architecture } from "../core/architecture.js";
import { cohere2, commandR } from "./cohere.js";
import { deci } from "./deci.js";
import { deepseek2 } from "./deepseek2.js";
import { ernie45, ernie45Moe } from "./ernie.js";
import { exaone, exaone4 } from "./exaone.js";
import { falconH1 } from "./falcon-h1.js";
import { gemma2, gemma3 } from "./gemma.js";
import { gemma3n } from "./gemma3n.js";
import { gemma4 } from "./gemma4.js";
import { chatglm, glm4, glm4moe } from "./glm.js";
import { gptOss } from "./gpt-oss.js";
import { granite, graniteMoe } from "./granite.js";
import { graniteHybrid } from "./granite-hybrid.js";
import { hunyuanDense, hunyuanMoe } from "./hunyuan.js";
import { jamba } from "./jamba.js";
import { lfm2, lfm2moe } from "./lfm2.js";
import { llama } from "./llama.js";
import { llama4 } from "./llama4.js";
import { mamba, mamba2 } from "./mamba.js";
import { minimaxM2 } from "./minimax.js";
import { nemotronH, nemotronHMoe } from "./nemotron-h.js";
import { olmo, olmo2, olmoe } from "./olmo.js";
import { phi3, phimoe } from "./phi3.js";
import { qwen2, qwen2moe, qwen2vl } from "./qwen2.js";
import { qwen3, qwen3moe, qwen3vl, qwen3vlmoe } from "./qwen3.js";
import { qwen3next, qwen35, qwen35moe } from "./qwen35.js";
import { seedOss } from "./seed-oss.js";
import { smollm3 } from "./smollm3.js";
import { starcoder2 } from "./starcoder2.js";

const ALL: readonly Architecture[] = [
  chatglm,
  cohere2,
  commandR,
  deci,
  deepseek2,
  ernie45,
  ernie45Moe,
  exaone,
  exaone4,
  falconH1,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  glm4,
  glm4moe,
  gptOss,
  granite,
  graniteHybrid,
  graniteMoe,
  hunyuanDense,
  hunyuanMoe,
  jamba,
  lfm2,
  lfm2moe,
  llama,
  llama4,
  mamba,
  mamba2,
  minimaxM2,
  nemotronH,
  nemotronHMoe,
  olmo,
  olmo2,
  olmoe,
  phi3,
  phimoe,
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
  seedOss,
  smollm3,
  starcoder2,
];

/** The family with this GGUF `general.architecture`, undefined when fitcheck does not know it. */
export function architectureById(id: string): Architecture | undefined {
  return ALL.find((architecture) => architecture.id === id);
}

export function knownArchitectures(): string[] {
  return ALL.map((architecture) => architecture.id).sort();
}
