/** `enum tensor_category` of llama-quant.cpp: what a quantization recipe tells tensors apart by. */
export type Category =
  | "output"
  | "embedding"
  | "value"
  | "key"
  | "query"
  | "attentionOutput"
  | "up"
  | "gate"
  | "down"
  | "other";

/** The kinds whose tensors are counted through the model, because early and late ones are treated differently. */
export type Counter = "value" | "up" | "gate" | "down";

/** What a tensor's name says about its quantization. */
export interface TensorClass {
  readonly category: Category;
  /** True for tensors that every quantization leaves as they are. */
  readonly kept: boolean;
  /** The category as a small number. */
  readonly number: number;
}

/** By a part of the name, the first that occurs (`tensor_get_category`). */
const NAME_PARTS: readonly (readonly [string, Category])[] = [
  ["attn_qkv.weight", "value"],
  ["attn_kv_b.weight", "value"],
  ["attn_v.weight", "value"],
  ["attn_k.weight", "key"],
  ["attn_q.weight", "query"],
  ["attn_output.weight", "attentionOutput"],
  ["ffn_up", "up"],
  ["ffn_gate", "gate"],
  ["ffn_down", "down"],
];

/** Matrices too small or too sensitive to quantize (`tensor_allows_quantization`). */
const KEPT_PARTS: readonly string[] = [
  "_norm.weight",
  "ffn_gate_inp.weight",
  "ffn_gate_tid2eid.weight",
  "altup",
  "laurel",
  "per_layer_model_proj",
  "ssm_conv1d",
  "shortconv.conv.weight",
  "indexer.k_proj.weight",
  "indexer.q_proj.weight",
  "time_mix_first.weight",
  "time_mix_w0.weight",
  "time_mix_w1.weight",
  "time_mix_w2.weight",
  "time_mix_v0.weight",
  "time_mix_v1.weight",
  "time_mix_v2.weight",
  "time_mix_a0.weight",
  "time_mix_a1.weight",
  "time_mix_a2.weight",
  "time_mix_g1.weight",
  "time_mix_g2.weight",
  "time_mix_decay_w1.weight",
  "time_mix_decay_w2.weight",
  "time_mix_lerp_fused.weight",
  "attn_rel_b.weight",
  ".position_embd",
  "sam.pos_embd",
  "sam.neck.",
  "sam.net_",
  ".rel_pos",
  ".patch_embd",
  ".patch_merger",
  "a.rvq.codebook",
  "mm.a.code_embd",
];

const KEPT_NAMES: readonly string[] = ["position_embd.weight", "token_types.weight"];

/**
 * A classifier of tensor names without their layer. Layers repeat the same names, so each is looked at once.
 * @param tied whether the token embedding serves as the output too, and is then treated as one
 */
export function classifierFor(tied: boolean): (name: string) => TensorClass {
  const known = new Map<string, TensorClass>();
  const categories: Category[] = [];
  return (name) => {
    let found = known.get(name);
    if (!found) {
      const category = categoryOf(name, tied);
      if (!categories.includes(category)) categories.push(category);
      found = { category, kept: isKept(name), number: categories.indexOf(category) };
      known.set(name, found);
    }
    return found;
  };
}

function categoryOf(name: string, tied: boolean): Category {
  if (name === "output.weight") return "output";
  if (name === "token_embd.weight" || name === "per_layer_token_embd.weight") return tied ? "output" : "embedding";
  return NAME_PARTS.find(([part]) => name.includes(part))?.[1] ?? "other";
}

function isKept(name: string): boolean {
  return !name.endsWith("weight") || KEPT_NAMES.includes(name) || KEPT_PARTS.some((part) => name.includes(part));
}

export function counterOf(category: Category): Counter | undefined {
  switch (category) {
    case "value":
    case "up":
    case "gate":
    case "down":
      return category;
    default:
      return undefined;
  }
}

const LAYER_PREFIX = "blk.";

/** The layer in a name like `blk.12.attn_q.weight`, -1 for tensors outside the layers. */
export function layerOf(name: string): number {
  if (!name.startsWith(LAYER_PREFIX)) return -1;
  const layer = Number.parseInt(name.slice(LAYER_PREFIX.length), 10);
  return layer >= 0 ? layer : -1;
}

/** `.attn_q.weight` of `blk.12.attn_q.weight`; other names as they are. */
export function nameWithoutLayer(name: string): string {
  return name.startsWith(LAYER_PREFIX) ? name.slice(name.indexOf(".", LAYER_PREFIX.length)) : name;
}
