import { FitcheckError } from "../../core/errors.js";

type Json = Readonly<Record<string, unknown>>;

/** Names under which multimodal checkpoints keep the language model's part (`ModelBase.load_hparams`). */
const TEXT_CONFIG_KEYS = ["llm_config", "lm_config", "language_config", "lfm", "text_config"] as const;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Largest count a GGUF key can hold (uint32). */
const MAX_COUNT = 2 ** 32 - 1;

/**
 * A Hugging Face `config.json`, read as llama.cpp's `TextModel` reads it: the text part of a multimodal
 * config is lifted to the root, and a key may be known under several names.
 * A value of null counts as absent. Anything malformed is a `BAD_FILE`.
 */
export class HfConfig {
  /** The checkpoint's model class, e.g. `LlamaForCausalLM`; of a multimodal config its text model's where named. */
  readonly modelClass: string;
  /** The family's name in transformers, e.g. `llama`; of a multimodal config its text model's where named. */
  readonly modelType: string;
  private readonly values: Json;

  constructor(json: unknown) {
    if (!isObject(json)) throw new FitcheckError("BAD_FILE", "config.json is not a JSON object");
    const text = HfConfig.textPart(json);
    this.values = { ...json, ...text };
    this.modelClass = HfConfig.firstClass(text) ?? HfConfig.firstClass(json) ?? HfConfig.mambaClass(json) ?? "";
    this.modelType = this.text("model_type") ?? "";
  }

  private static textPart(json: Json): Json {
    const thinker = json.thinker_config;
    if (isObject(thinker) && isObject(thinker.text_config)) return thinker.text_config;
    for (const key of TEXT_CONFIG_KEYS) {
      const part = json[key];
      if (isObject(part)) return part;
    }
    return {};
  }

  private static firstClass(json: Json): string | undefined {
    const list = json.architectures;
    const first: unknown = Array.isArray(list) ? list[0] : undefined;
    return typeof first === "string" ? first : undefined;
  }

  /** Mamba as its authors publish it names no class but its kind of layer (`get_model_architecture`). */
  private static mambaClass(json: Json): string | undefined {
    if (!isObject(json.ssm_cfg)) return undefined;
    const { layer } = json.ssm_cfg;
    return `${typeof layer === "string" ? layer : "Mamba"}ForCausalLM`;
  }

  /** The first of the keys that has a value. */
  raw(...keys: readonly string[]): unknown {
    for (const key of keys) {
      if (!Object.hasOwn(this.values, key)) continue;
      const value = this.values[key];
      if (value !== null && value !== undefined) return value;
    }
    return undefined;
  }

  /** A finite number, or undefined when none of the keys is given. */
  real(...keys: readonly string[]): number | undefined {
    const value = this.raw(...keys);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new FitcheckError("BAD_FILE", `config.json: "${keys[0]}" is not a number`);
    }
    return value;
  }

  /** A non-negative integer, or undefined when none of the keys is given. */
  optionalCount(...keys: readonly string[]): number | undefined {
    const value = this.real(...keys);
    if (value === undefined) return undefined;
    if (!Number.isInteger(value) || value < 0 || value > MAX_COUNT) {
      throw new FitcheckError("BAD_FILE", `config.json: "${keys[0]}" is ${value}, not a count`);
    }
    return value;
  }

  /** A non-negative integer. @throws FitcheckError BAD_FILE when it is missing */
  count(...keys: readonly string[]): number {
    const value = this.optionalCount(...keys);
    if (value === undefined) throw new FitcheckError("BAD_FILE", `config.json does not say "${keys[0]}"`);
    return value;
  }

  /** A positive integer: something is divided by it. */
  positive(...keys: readonly string[]): number {
    const value = this.count(...keys);
    if (value === 0) throw new FitcheckError("BAD_FILE", `config.json: "${keys[0]}" is 0`);
    return value;
  }

  flag(key: string, fallback = false): boolean {
    const value = this.raw(key);
    return typeof value === "boolean" ? value : fallback;
  }

  text(...keys: readonly string[]): string | undefined {
    const value = this.raw(...keys);
    return typeof value === "string" ? value : undefined;
  }

  /** A list of non-negative integers, or undefined when none of the keys is given. */
  counts(...keys: readonly string[]): readonly number[] | undefined {
    const value = this.raw(...keys);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((n) => Number.isInteger(n) && n >= 0 && n <= MAX_COUNT)) {
      throw new FitcheckError("BAD_FILE", `config.json: "${keys[0]}" is not a list of counts`);
    }
    return value as readonly number[];
  }

  /** A list of strings such as `layer_types`, or undefined when it is not given. */
  strings(key: string): readonly string[] | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) {
      throw new FitcheckError("BAD_FILE", `config.json: "${key}" is not a list of names`);
    }
    return value as readonly string[];
  }

  object(...keys: readonly string[]): Json | undefined {
    const value = this.raw(...keys);
    return isObject(value) ? value : undefined;
  }

  /** What a config keeps in a group of its own, such as `attn_config`; an absent group has no values. */
  nested(key: string): HfConfig {
    return new HfConfig(this.object(key) ?? {});
  }

  /** Objects of a list such as `block_configs`. */
  objects(key: string): readonly Json[] | undefined {
    const value = this.raw(key);
    return Array.isArray(value) && value.every(isObject) ? (value as readonly Json[]) : undefined;
  }

  /** A copy with some values replaced, for configs that leave out what their model class presumes. */
  with(values: Json): HfConfig {
    const lifted = Object.fromEntries(["thinker_config", ...TEXT_CONFIG_KEYS].map((key) => [key, undefined]));
    return new HfConfig({ ...this.values, ...values, ...lifted, architectures: [this.modelClass] });
  }

  /** Number of transformer blocks. llama.cpp loads at most 512 (`LLAMA_MAX_LAYERS`). */
  blockCount(): number {
    const blocks = this.positive("n_layers", "num_hidden_layers", "n_layer", "num_layers");
    if (blocks > 512)
      throw new FitcheckError("BAD_FILE", `config.json: ${blocks} layers are more than llama.cpp loads`);
    return blocks;
  }

  /** Width of one attention head: given, or the embedding divided by the heads. */
  headLength(): number {
    return this.optionalCount("head_dim") ?? Math.floor(this.count(...EMBEDDING_KEYS) / this.positive(...HEAD_KEYS));
  }

  /**
   * The rope parameters of full attention: `rope_parameters` or `rope_scaling`, with the type under one name
   * (`TextModel.__init__`).
   */
  rope(): Json {
    const given = this.object("rope_parameters", "rope_scaling") ?? {};
    const full = isObject(given.full_attention) ? given.full_attention : given;
    const type = full.rope_type ?? full.type;
    return type === undefined ? full : { ...full, rope_type: type };
  }
}

export const EMBEDDING_KEYS = ["hidden_size", "n_embd", "dim"] as const;
export const HEAD_KEYS = ["num_attention_heads", "n_head", "n_heads"] as const;
