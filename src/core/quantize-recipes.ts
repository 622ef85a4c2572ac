import type { GgmlType } from "./ggml.js";
import type { Rule } from "./quantize-conditions.js";

/**
 * What each quantization does with which tensors, as `llama-quantize` decides without an importance matrix
 * (llama-quant.cpp: `llama_ftype_get_default_type`, `llama_tensor_get_type_impl`).
 */

export interface Recipe {
  /** `enum llama_ftype`, written in a GGUF as `general.file_type`. */
  readonly fileType: number;
  /** What every tensor without a rule of its own gets. */
  readonly base: GgmlType;
  /** `output.weight`, or the token embedding that stands in for it. */
  readonly output?: GgmlType;
  /** The token embedding when there is an output of its own. */
  readonly embedding?: GgmlType;
  /** attn_v, attn_qkv and attn_kv_b: small and sensitive. */
  readonly value?: Rule;
  readonly key?: Rule;
  readonly query?: Rule;
  readonly attentionOutput?: Rule;
  readonly up?: Rule;
  readonly gate?: Rule;
  readonly down?: Rule;
  /** Models of exactly eight experts (Mixtral) keep this for attn_output, ... */
  readonly mixtralAttentionOutput?: GgmlType;
  /** ... this for attn_k, ... */
  readonly mixtralKey?: GgmlType;
  /** ... and this for attn_v. */
  readonly mixtralValue?: GgmlType;
}

const always = (type: GgmlType): Rule => [["always", type]];

/** The quantizations below 3 bits keep the small tensors at these. */
const tiny = (fileType: number, base: GgmlType): Recipe => ({
  fileType,
  base,
  output: "q5_K",
  embedding: "q2_K",
  value: [
    ["groupedOrExperts", "q4_K"],
    ["always", "q2_K"],
  ],
  down: [["firstEighth", "q2_K"]],
  mixtralAttentionOutput: "q5_K",
  mixtralKey: "q4_K",
});

const small2Bit = (fileType: number, base: GgmlType): Recipe => ({
  fileType,
  base,
  output: "q5_K",
  embedding: "iq3_s",
  value: [
    ["groupedOrExperts", "q4_K"],
    ["always", "iq3_s"],
  ],
  attentionOutput: always("iq3_s"),
  down: [["firstEighth", "iq3_s"]],
  mixtralAttentionOutput: "q5_K",
  mixtralKey: "q4_K",
});

/** From 3 bits on, Mixtral's attn_k and attn_v are small enough to keep at 8 bits. */
const MIXTRAL = { mixtralKey: "q8_0", mixtralValue: "q8_0" } as const;
const MIXTRAL_OUTPUT = { ...MIXTRAL, mixtralAttentionOutput: "q5_K" } as const;

const float = (fileType: number, base: GgmlType): Recipe => ({ fileType, base });

/** Every quantization fitcheck computes, largest first. */
export const RECIPES = {
  F32: float(0, "f32"),
  F16: float(1, "f16"),
  BF16: float(32, "bf16"),
  Q8_0: { fileType: 7, base: "q8_0", output: "q8_0", ...MIXTRAL },
  Q6_K: { fileType: 18, base: "q6_K", output: "q6_K", ...MIXTRAL },
  Q5_K_M: {
    fileType: 17,
    base: "q5_K",
    output: "q6_K",
    value: [["moreBits", "q6_K"]],
    down: [["moreBits", "q6_K"]],
    ...MIXTRAL,
  },
  Q5_K_S: { fileType: 16, base: "q5_K", output: "q6_K", ...MIXTRAL },
  Q5_0: { fileType: 8, base: "q5_0", output: "q6_K", ...MIXTRAL },
  Q4_1: { fileType: 3, base: "q4_1", output: "q6_K", ...MIXTRAL },
  Q4_K_M: {
    fileType: 15,
    base: "q4_K",
    output: "q6_K",
    value: [["moreBits", "q6_K"]],
    down: [["moreBits", "q6_K"]],
    ...MIXTRAL_OUTPUT,
  },
  IQ4_NL: {
    fileType: 25,
    base: "iq4_nl",
    output: "q6_K",
    value: [["grouped", "q5_K"]],
    down: [["early8", "q5_K"]],
    ...MIXTRAL_OUTPUT,
  },
  Q4_K_S: {
    fileType: 14,
    base: "q4_K",
    output: "q6_K",
    value: [["first4", "q5_K"]],
    down: [["early8", "q5_K"]],
    ...MIXTRAL_OUTPUT,
  },
  Q4_0: { fileType: 2, base: "q4_0", output: "q6_K", ...MIXTRAL },
  MXFP4: { fileType: 38, base: "mxfp4" },
  IQ4_XS: {
    fileType: 30,
    base: "iq4_xs",
    output: "q6_K",
    value: [["grouped", "q5_K"]],
    down: [["early8", "q5_K"]],
    ...MIXTRAL_OUTPUT,
  },
  Q3_K_L: {
    fileType: 13,
    base: "q3_K",
    output: "q6_K",
    value: always("q5_K"),
    attentionOutput: always("q5_K"),
    down: always("q5_K"),
    ...MIXTRAL,
    mixtralAttentionOutput: "q3_K",
  },
  Q3_K_M: {
    fileType: 12,
    base: "q3_K",
    output: "q6_K",
    value: [
      ["first2", "q5_K"],
      ["always", "q4_K"],
    ],
    attentionOutput: always("q4_K"),
    down: [
      ["early16", "q5_K"],
      ["always", "q4_K"],
    ],
    ...MIXTRAL_OUTPUT,
  },
  IQ3_M: {
    fileType: 27,
    base: "iq3_s",
    output: "q6_K",
    value: always("q4_K"),
    attentionOutput: always("q4_K"),
    down: [["early8OrMixtral", "q4_K"]],
    ...MIXTRAL_OUTPUT,
  },
  IQ3_S: { fileType: 26, base: "iq3_s", output: "q6_K", value: [["grouped", "q4_K"]], ...MIXTRAL_OUTPUT },
  Q3_K_S: { fileType: 11, base: "q3_K", output: "q6_K", ...MIXTRAL_OUTPUT },
  IQ3_XS: {
    fileType: 22,
    base: "iq3_s",
    output: "q6_K",
    value: [["grouped", "q4_K"]],
    key: always("iq3_xxs"),
    query: always("iq3_xxs"),
    up: [["middle", "iq3_xxs"]],
    gate: [["middle", "iq3_xxs"]],
    ...MIXTRAL_OUTPUT,
  },
  IQ3_XXS: {
    fileType: 23,
    base: "iq3_xxs",
    output: "q5_K",
    embedding: "iq3_s",
    value: [
      ["grouped", "q4_K"],
      ["always", "iq3_s"],
    ],
    key: always("iq2_s"),
    query: always("iq2_s"),
    attentionOutput: always("iq3_s"),
    down: [
      ["early8", "q4_K"],
      ["always", "q3_K"],
    ],
    ...MIXTRAL_OUTPUT,
  },
  Q2_K: {
    fileType: 10,
    base: "q2_K",
    output: "q6_K",
    value: [
      ["grouped", "q4_K"],
      ["always", "q3_K"],
    ],
    attentionOutput: always("q3_K"),
    down: always("q3_K"),
    ...MIXTRAL_OUTPUT,
  },
  Q2_K_S: {
    fileType: 21,
    base: "q2_K",
    output: "q6_K",
    value: [["grouped", "q4_K"]],
    down: [["early8", "q4_K"]],
    ...MIXTRAL,
  },
  IQ2_M: small2Bit(29, "iq2_s"),
  IQ2_S: small2Bit(28, "iq2_xs"),
  IQ2_XS: tiny(20, "iq2_xs"),
  IQ2_XXS: tiny(19, "iq2_xxs"),
  IQ1_M: { ...tiny(31, "iq1_m"), attentionOutput: always("iq2_xxs") },
  IQ1_S: { ...tiny(24, "iq1_s"), attentionOutput: always("iq2_xxs") },
} as const satisfies Record<string, Recipe>;

/** A quantization llama-quantize makes, as users name it. */
export type QuantId = keyof typeof RECIPES;

/** Largest first, the order of display. */
export const QUANT_IDS = Object.keys(RECIPES) as QuantId[];

/** Where Falcon differs: `LLM_ARCH_FALCON` has its own lines in the recipe. */
const FALCON: Partial<Record<QuantId, Partial<Recipe>>> = {
  Q3_K_L: { attentionOutput: always("q4_K"), down: always("q4_K") },
  Q3_K_M: {
    down: [
      ["early16", "q5_K"],
      ["moreBits", "q4_K"],
    ],
  },
  Q4_K_M: {
    down: [
      ["early16", "q6_K"],
      ["moreBits", "q5_K"],
    ],
  },
  Q4_K_S: { down: [] },
};

/** The recipe of a quantization as it applies to one architecture. */
export function recipeFor(quant: QuantId, architecture: string): Recipe {
  const recipe: Recipe = RECIPES[quant];
  if (architecture !== "falcon" || recipe.output === undefined) return recipe;
  return { ...recipe, output: "q8_0", attentionOutput: [], ...FALCON[quant] };
}

/**
 * The type for rows that do not divide into whole blocks of the chosen one (`tensor_type_fallback`).
 * Rows that not even blocks of 32 divide stay F16.
 */
export function fallbackType(type: GgmlType): GgmlType {
  switch (type) {
    case "iq1_s":
    case "iq1_m":
    case "iq2_xxs":
    case "iq2_xs":
    case "iq2_s":
    case "iq3_xxs":
    case "iq3_s":
    case "iq4_xs":
      return "iq4_nl";
    case "q2_K":
    case "q3_K":
    case "tq1_0":
    case "tq2_0":
    case "q2_0":
      return "q4_0";
    case "q4_K":
      return "q5_0";
    case "q5_K":
      return "q5_1";
    case "q6_K":
      return "q8_0";
    default:
      return "f16";
  }
}
