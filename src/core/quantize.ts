import { blockSize, type GgmlType, isQuantized, rowBytes, tensorBytes } from "./ggml.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TensorInfo, TypedTensor } from "./model.js";
import {
  type Condition,
  fallbackType,
  QUANT_IDS,
  type QuantId,
  type Recipe,
  type Rule,
  recipeFor,
} from "./quantize-recipes.js";

/** `enum tensor_category`: what the recipe tells tensors apart by. */
type Category =
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

/** Tensors that get the same type under every quantization. */
interface Group {
  readonly category: Category;
  readonly conditions: ReadonlySet<Condition>;
  /** The largest power of two up to 256 that divides their rows: which blocks fit. */
  readonly rowDivisor: number;
  /** Three dimensions: one matrix per expert. */
  readonly stacked: boolean;
  /** Positions in the tensor list. */
  readonly members: number[];
  elements: number;
}

/** A model's tensors, sorted once for any number of quantizations. */
export interface QuantizationPlan {
  readonly tensors: readonly TensorInfo[];
  readonly architecture: string;
  readonly groups: readonly Group[];
  /** Positions of the tensors that no quantization touches, and their bytes. */
  readonly kept: readonly number[];
  readonly keptBytes: number;
  readonly eightExperts: boolean;
  /** `LLM_TYPE_70B`: its small attn_v is worth more bits. */
  readonly is70B: boolean;
}

/**
 * Sorts the tensors of a model by what decides their type, so that each quantization costs microseconds.
 * @param tensors as a GGUF names them; their own types matter only where no quantization touches them
 */
export function prepareQuantization(tensors: readonly TensorInfo[], hp: Hyperparameters): QuantizationPlan {
  const traits = modelTraits(tensors, hp);
  const groups = new Map<string, Group>();
  const kept: number[] = [];
  const running: Record<string, number> = {};
  let keptBytes = 0;
  for (const index of quantizerOrder(tensors)) {
    const tensor = tensors[index] as TensorInfo;
    if (!allowsQuantization(tensor)) {
      kept.push(index);
      keptBytes += tensorBytes(keptType(tensor), tensor.shape);
      continue;
    }
    const category = categoryOf(tensor.name, traits.tied);
    const counter = running[category] ?? 0;
    running[category] = counter + 1;
    const position = positionConditions(category, counter, layerOf(tensor.name), traits);
    const row = tensor.shape[0] ?? 1;
    const rowDivisor = Math.min(256, row & -row);
    const stacked = (tensor.shape[2] ?? 1) > 1;
    const key = `${category} ${position.join(" ")} ${rowDivisor} ${stacked}`;
    let group = groups.get(key);
    if (!group) {
      const conditions = new Set([...traits.conditions, ...position]);
      group = { category, conditions, rowDivisor, stacked, members: [], elements: 0 };
      groups.set(key, group);
    }
    group.members.push(index);
    group.elements += tensor.shape.reduce((product, length) => product * length, 1);
  }
  return {
    tensors,
    architecture: hp.architecture,
    groups: [...groups.values()],
    kept,
    keptBytes,
    eightExperts: traits.experts === 8,
    is70B: traits.is70B,
  };
}

/** Bytes of all tensors under a quantization: the file without its header and the padding between tensors. */
export function quantizedBytes(plan: QuantizationPlan, quant: QuantId): number {
  const recipe = recipeFor(quant, plan.architecture);
  let bytes = plan.keptBytes;
  for (const group of plan.groups) bytes += rowBytes(groupType(plan, recipe, quant, group), group.elements);
  return bytes;
}

/** Every tensor with the type a quantization gives it, in the order of the plan's tensors. */
export function quantizedTensors(plan: QuantizationPlan, quant: QuantId): TypedTensor[] {
  const recipe = recipeFor(quant, plan.architecture);
  const types = new Array<GgmlType>(plan.tensors.length);
  for (const index of plan.kept) types[index] = keptType(plan.tensors[index] as TensorInfo);
  for (const group of plan.groups) {
    const type = groupType(plan, recipe, quant, group);
    for (const index of group.members) types[index] = type;
  }
  return plan.tensors.map((tensor, index) => ({
    name: tensor.name,
    shape: tensor.shape,
    type: types[index] as GgmlType,
  }));
}

/** The type of every tensor under one quantization; for several of the same model, prepare a plan. */
export function assignTypes(tensors: readonly TensorInfo[], hp: Hyperparameters, quant: QuantId): TypedTensor[] {
  return quantizedTensors(prepareQuantization(tensors, hp), quant);
}

/**
 * The quantizations worth offering. All but F32 and MXFP4, unless the experts were trained in MXFP4 (gpt-oss):
 * then converting them to anything else only loses, and rows of 2880 leave the K-quants at 4.5 bits and more.
 */
export function quantsFor(tensors: readonly TensorInfo[], architecture: string): QuantId[] {
  const nativeMxfp4 = architecture === "gpt-oss" || tensors.some((tensor) => tensor.type === "mxfp4");
  if (nativeMxfp4) return ["F16", "Q8_0", "MXFP4"];
  return QUANT_IDS.filter((quant) => quant !== "F32" && quant !== "MXFP4");
}

function groupType(plan: QuantizationPlan, recipe: Recipe, quant: QuantId, group: Group): GgmlType {
  if (!isQuantized(recipe.base)) return recipe.base;
  const type = quant === "MXFP4" ? mxfp4Type(group) : recipeType(plan, recipe, group);
  if (group.rowDivisor % blockSize(type) === 0) return type;
  const fallback = fallbackType(type);
  return group.rowDivisor % blockSize(fallback) === 0 ? fallback : "f16";
}

/** `LLAMA_FTYPE_MOSTLY_MXFP4_MOE`: stacked matrices, that is the experts, in MXFP4 and the rest in Q8_0. */
function mxfp4Type(group: Group): GgmlType {
  return group.stacked && group.category !== "output" ? "mxfp4" : "q8_0";
}

function recipeType(plan: QuantizationPlan, recipe: Recipe, group: Group): GgmlType {
  switch (group.category) {
    case "output":
      // Rows that the base type does not divide are kept at 8 bits rather than at the fallback.
      return group.rowDivisor % blockSize(recipe.base) === 0 ? (recipe.output ?? recipe.base) : "q8_0";
    case "embedding":
      return recipe.embedding ?? recipe.base;
    case "value": {
      if (plan.eightExperts && recipe.mixtralValue) return recipe.mixtralValue;
      const type = firstMatch(recipe.value, group) ?? recipe.base;
      return plan.is70B && recipe.mixtralValue && (type === "q3_K" || type === "q4_K") ? "q5_K" : type;
    }
    case "key":
      return (plan.eightExperts ? recipe.mixtralKey : firstMatch(recipe.key, group)) ?? recipe.base;
    case "attentionOutput":
      return (
        (plan.eightExperts ? recipe.mixtralAttentionOutput : firstMatch(recipe.attentionOutput, group)) ?? recipe.base
      );
    case "query":
    case "up":
    case "gate":
    case "down":
      return firstMatch(recipe[group.category], group) ?? recipe.base;
    case "other":
      return recipe.base;
  }
}

function firstMatch(rule: Rule | undefined, group: Group): GgmlType | undefined {
  return rule?.find(([condition]) => group.conditions.has(condition))?.[1];
}

interface ModelTraits {
  /** No output of its own: the token embedding serves as one. */
  readonly tied: boolean;
  /** `n_layer_all`, next-token-prediction layers included. */
  readonly layers: number;
  readonly experts: number;
  readonly valueTensors: number;
  readonly is70B: boolean;
  /** What holds for every tensor of the model. */
  readonly conditions: readonly Condition[];
}

function modelTraits(tensors: readonly TensorInfo[], hp: Hyperparameters): ModelTraits {
  const tied = !tensors.some((tensor) => tensor.name === "output.weight");
  const layers = hp.number("block_count");
  const experts = hp.number("expert_count", 0);
  const heads = hp.number("attention.head_count", 0);
  const headsKv = hp.number("attention.head_count_kv", heads);
  const valueTensors = tensors.filter((tensor) => categoryOf(tensor.name, tied) === "value").length;
  const grouped = headsKv > 0 && Math.floor(heads / headsKv) >= 4;
  const conditions: Condition[] = ["always"];
  if (grouped) conditions.push("grouped");
  if (grouped || experts >= 4) conditions.push("groupedOrExperts");
  return { tied, layers, experts, valueTensors, is70B: is70B(hp.architecture, layers, heads, headsKv), conditions };
}

/** Models llama.cpp calls 70B (`LLM_TYPE_70B`), by architecture and layers as its loaders do. */
function is70B(architecture: string, layers: number, heads: number, headsKv: number): boolean {
  switch (architecture) {
    case "llama":
      return layers === 80 && heads !== headsKv;
    case "deci":
    case "qwen2":
      return layers === 80;
    default:
      return false;
  }
}

/** `llama_model_loader: weight_name_comparer`: by layer, what belongs to no layer first, then by name. */
function quantizerOrder(tensors: readonly TensorInfo[]): number[] {
  const layers = tensors.map((tensor) => layerOf(tensor.name));
  const name = (index: number) => (tensors[index] as TensorInfo).name;
  return tensors
    .map((_, index) => index)
    .sort((a, b) => (layers[a] as number) - (layers[b] as number) || (name(a) < name(b) ? -1 : 1));
}

/** The layer in a name like `blk.12.attn_q.weight`, -1 for tensors outside the layers. */
function layerOf(name: string): number {
  return name.startsWith("blk.") ? Number.parseInt(name.slice(4), 10) : -1;
}

function positionConditions(category: Category, counter: number, layer: number, traits: ModelTraits): Condition[] {
  switch (category) {
    case "value":
      return conditionsAt(counter, counter, traits.valueTensors, false);
    case "up":
    case "gate":
    case "down":
      // Experts are not stored in layer order, so their models go by the layer in the name.
      return conditionsAt(traits.experts > 1 ? layer : counter, counter, traits.layers, traits.experts === 8);
    default:
      return [];
  }
}

function conditionsAt(layer: number, counter: number, count: number, eightExperts: boolean): Condition[] {
  const eighth = Math.floor(count / 8);
  const lastEighth = Math.floor((7 * count) / 8);
  const moreBits = layer < eighth || layer >= lastEighth || (layer - eighth) % 3 === 2;
  const conditions: Condition[] = [];
  if (counter < 2) conditions.push("first2");
  if (counter < 4) conditions.push("first4");
  if (counter < eighth) conditions.push("firstEighth");
  if (layer < eighth) conditions.push("early8");
  if (layer < Math.floor(count / 16)) conditions.push("early16");
  if (moreBits) conditions.push("moreBits");
  if (layer >= eighth && layer < lastEighth) conditions.push("middle");
  if (layer < eighth || (eightExperts && moreBits)) conditions.push("early8OrMixtral");
  return conditions;
}

/** `tensor_get_category`: the first part of a name that is known. A token embedding that serves as output counts as one. */
function categoryOf(name: string, tied: boolean): Category {
  if (name === "output.weight") return "output";
  if (name === "token_embd.weight" || name === "per_layer_token_embd.weight") return tied ? "output" : "embedding";
  return CATEGORIES.find(([part]) => name.includes(part))?.[1] ?? "other";
}

const CATEGORIES: readonly (readonly [string, Category])[] = [
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

/** `tensor_allows_quantization`: matrices called weight, but for the small and sensitive ones. */
function allowsQuantization(tensor: TensorInfo): boolean {
  const { name, shape } = tensor;
  return dimensions(shape) >= 2 && name.endsWith("weight") && !KEPT_NAMES.test(name);
}

/** `ggml_n_dims`: trailing dimensions of one do not count. */
function dimensions(shape: readonly number[]): number {
  let count = shape.length;
  while (count > 1 && shape[count - 1] === 1) count--;
  return count;
}

/** A tensor no quantization touches keeps the type it was converted to, F32 where nothing says otherwise. */
function keptType(tensor: TensorInfo): GgmlType {
  return tensor.type ?? "f32";
}

const KEPT_NAMES = new RegExp(
  [
    "_norm\\.weight",
    "ffn_gate_inp\\.weight",
    "ffn_gate_tid2eid\\.weight",
    "altup",
    "laurel",
    "per_layer_model_proj",
    "^position_embd\\.weight$",
    "^token_types\\.weight$",
    "ssm_conv1d",
    "shortconv\\.conv\\.weight",
    "indexer\\.[kq]_proj\\.weight",
    "time_mix_(?:first|w0|w1|w2|v0|v1|v2|a0|a1|a2|g1|g2|decay_w1|decay_w2|lerp_fused)\\.weight",
    "attn_rel_b\\.weight",
    "\\.position_embd",
    "sam\\.(?:pos_embd|neck\\.|net_)",
    "\\.rel_pos",
    "\\.patch_(?:embd|merger)",
    "a\\.rvq\\.codebook",
    "mm\\.a\\.code_embd",
  ].join("|"),
);
