import type { HfConfig } from "./config.js";
import { CONVERTERS } from "./registry.js";

/** How model classes end, the kind a text model is published as first. */
const ENDINGS = ["ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "Model"] as const;

/** Model types that are not their class in small letters. */
const ALIASES: Readonly<Record<string, string>> = {
  hunyuanv1dense: "HunYuanDenseV1ForCausalLM",
  hunyuanv1moe: "HunYuanMoEV1ForCausalLM",
  kimik2: "DeepseekV3ForCausalLM",
  nemotronnas: "DeciLMForCausalLM",
  refinedweb: "RWForCausalLM",
  refinedwebmodel: "RWForCausalLM",
};

/** `qwen3_moe`, `xlm-roberta` and `Qwen3Moe` alike, without what tells a text model from its multimodal whole. */
function normal(name: string): string {
  return name
    .toLowerCase()
    .replace(/_text(_model)?$/, "")
    .replace(/[^a-z0-9]/g, "");
}

function classesByType(): ReadonlyMap<string, string> {
  const classes = new Map<string, string>();
  for (const ending of ENDINGS) {
    for (const name of Object.keys(CONVERTERS)) {
      if (!name.endsWith(ending)) continue;
      const type = normal(name.slice(0, -ending.length));
      if (!classes.has(type)) classes.set(type, name);
    }
  }
  for (const [type, name] of Object.entries(ALIASES)) classes.set(type, name);
  return classes;
}

let known: ReadonlyMap<string, string> | undefined;

/** The model class that transformers makes of a `model_type`, e.g. `qwen3_moe` -> `Qwen3MoeForCausalLM`. */
export function classOfModelType(type: string): string | undefined {
  known ??= classesByType();
  return known.get(normal(type));
}

/** Classes that only wrap a text model, whose own class llama.cpp goes by: InternVL names it in `llm_config`. */
const WRAPPERS: ReadonlySet<string> = new Set(["InternVLChatModel"]);

/** The class to go by: the one the config names, or where it names none the one its `model_type` stands for. */
export function effectiveClass(config: HfConfig): string | undefined {
  const { modelClass, modelType } = config;
  if (modelClass !== "" && !WRAPPERS.has(modelClass)) return modelClass;
  return classOfModelType(modelType);
}
