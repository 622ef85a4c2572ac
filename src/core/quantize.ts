import { blockSize, type GgmlType, isQuantized, rowBytes, tensorBytes } from "./ggml.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TensorInfo, TypedTensor } from "./model.js";
import {
  type Category,
  type Counter,
  classifierFor,
  counterOf,
  layerOf,
  nameWithoutLayer,
  type TensorClass,
} from "./quantize-categories.js";
import { conditionBits, conditionsAt, type Rule } from "./quantize-conditions.js";
import { fallbackType, QUANT_IDS, type QuantId, type Recipe, recipeFor } from "./quantize-recipes.js";

/** Tensors that get the same type under every quantization. */
interface Group {
  readonly category: Category;
  /** The conditions that hold, as bits. */
  readonly conditions: number;
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
  /** Per tensor the first one of its shape that gets the same type under every quantization. */
  readonly alike: readonly number[];
  /** How many tensors are like each of those firsts. */
  readonly amounts: readonly (readonly [index: number, amount: number])[];
  readonly eightExperts: boolean;
  /** `LLM_TYPE_70B`: its small attn_v is worth more bits. */
  readonly is70B: boolean;
}

/**
 * Sorts the tensors of a model by what decides their type, so that each quantization costs microseconds.
 * @param tensors as a GGUF names them; their own types matter only where no quantization touches them
 */
export function prepareQuantization(tensors: readonly TensorInfo[], hp: Hyperparameters): QuantizationPlan {
  const classify = classifierFor(!tensors.some((tensor) => tensor.name === "output.weight"));
  const classes = tensors.map((tensor) => classify(nameWithoutLayer(tensor.name)));
  const model = modelTraits(classes, hp);
  const positions = countPositions(tensors, classes);
  const groups = new Map<number, Group>();
  const kept: number[] = [];
  let keptBytes = 0;
  const alike = new Array<number>(tensors.length);
  const firsts = new Map<string, number>();
  const amounts = new Map<number, number>();
  const likeThose = (index: number, key: string) => {
    const first = firsts.get(key) ?? index;
    firsts.set(key, first);
    alike[index] = first;
    amounts.set(first, (amounts.get(first) ?? 0) + 1);
  };
  for (const [index, tensor] of tensors.entries()) {
    const { category, kept: keptByName, number } = classes[index] as TensorClass;
    if (keptByName || dimensions(tensor.shape) < 2) {
      kept.push(index);
      likeThose(index, `${keptType(tensor)} ${tensor.shape}`);
      keptBytes += tensorBytes(keptType(tensor), tensor.shape);
      continue;
    }
    const conditions = model.conditions | positionOf(category, positions[index] ?? 0, tensor.name, model);
    const row = tensor.shape[0] ?? 1;
    const rowDivisor = Math.min(256, row & -row);
    const stacked = (tensor.shape[2] ?? 1) > 1;
    const key = ((number * 65_536 + conditions) * 512 + rowDivisor) * 2 + (stacked ? 1 : 0);
    let group = groups.get(key);
    if (!group) {
      group = { category, conditions, rowDivisor, stacked, members: [], elements: 0 };
      groups.set(key, group);
    }
    group.members.push(index);
    likeThose(index, `${key} ${tensor.shape}`);
    group.elements += tensor.shape.reduce((product, length) => product * length, 1);
  }
  return {
    tensors,
    architecture: hp.architecture,
    groups: [...groups.values()],
    kept,
    keptBytes,
    alike,
    amounts: [...amounts],
    eightExperts: model.experts === 8,
    is70B: model.is70B,
  };
}

/** Bytes of all tensors under a quantization: the file without its header and the padding between tensors. */
export function quantizedBytes(plan: QuantizationPlan, quant: QuantId): number {
  const recipe = recipeFor(quant, plan.architecture);
  let bytes = plan.keptBytes;
  for (const group of plan.groups) bytes += rowBytes(groupType(plan, recipe, quant, group), group.elements);
  return bytes;
}

/** The type a quantization gives each tensor, in the order of the plan's tensors. */
export function quantizedTypes(plan: QuantizationPlan, quant: QuantId): GgmlType[] {
  const recipe = recipeFor(quant, plan.architecture);
  const types = new Array<GgmlType>(plan.tensors.length);
  for (const index of plan.kept) types[index] = keptType(plan.tensors[index] as TensorInfo);
  for (const group of plan.groups) {
    const type = groupType(plan, recipe, quant, group);
    for (const index of group.members) types[index] = type;
  }
  return types;
}

/** Every tensor with the type a quantization gives it, in the order of the plan's tensors. */
export function quantizedTensors(plan: QuantizationPlan, quant: QuantId): TypedTensor[] {
  const types = quantizedTypes(plan, quant);
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
  return rule?.find(([condition]) => (group.conditions & conditionBits[condition]) !== 0)?.[1];
}

interface ModelTraits {
  /** `n_layer_all`, next-token-prediction layers included. */
  readonly layers: number;
  readonly experts: number;
  readonly valueTensors: number;
  readonly is70B: boolean;
  /** What holds for every tensor of the model, as bits. */
  readonly conditions: number;
}

function modelTraits(classes: readonly TensorClass[], hp: Hyperparameters): ModelTraits {
  const layers = hp.number("block_count");
  const experts = hp.number("expert_count", 0);
  const heads = hp.number("attention.head_count", 0);
  const headsKv = hp.number("attention.head_count_kv", heads);
  const valueTensors = classes.filter(({ category }) => category === "value").length;
  const grouped = headsKv > 0 && Math.floor(heads / headsKv) >= 4;
  let conditions = conditionBits.always;
  if (grouped) conditions |= conditionBits.grouped;
  if (grouped || experts >= 4) conditions |= conditionBits.groupedOrExperts;
  return { layers, experts, valueTensors, is70B: is70B(hp.architecture, layers, heads, headsKv), conditions };
}

/** Models llama.cpp calls 70B (`LLM_TYPE_70B`), by architecture and layers as its loaders do. */
function is70B(architecture: string, layers: number, heads: number, headsKv: number): boolean {
  switch (architecture) {
    case "llama":
      return layers === 80 && heads !== headsKv;
    case "deci":
    case "olmo":
    case "qwen2":
      return layers === 80;
    case "jais2":
      return layers === 68;
    default:
      return false;
  }
}

/**
 * For every quantized tensor whose kind is counted, how many of its kind come before it in the order of llama.cpp's loader:
 * by layer, then by name (`llama_model_loader: weight_name_comparer`).
 */
function countPositions(tensors: readonly TensorInfo[], classes: readonly TensorClass[]): number[] {
  const byKind: Record<Counter, number[][]> = { value: [], up: [], gate: [], down: [] };
  for (const [index, tensor] of tensors.entries()) {
    const { category, kept } = classes[index] as TensorClass;
    const kind = counterOf(category);
    if (!kind || kept) continue;
    const layer = layerOf(tensor.name) + 1;
    const sameLayer = byKind[kind][layer];
    if (sameLayer) sameLayer.push(index);
    else byKind[kind][layer] = [index];
  }
  const name = (index: number) => (tensors[index] as TensorInfo).name;
  const positions = new Array<number>(tensors.length).fill(0);
  for (const layers of Object.values(byKind)) {
    let position = 0;
    for (const sameLayer of layers) {
      if (!sameLayer) continue;
      if (sameLayer.length > 1) sameLayer.sort((a, b) => (name(a) < name(b) ? -1 : 1));
      for (const index of sameLayer) positions[index] = position++;
    }
  }
  return positions;
}

function positionOf(category: Category, position: number, name: string, model: ModelTraits): number {
  switch (counterOf(category)) {
    case "value":
      return conditionsAt(position, position, model.valueTensors, false);
    case "up":
    case "gate":
    case "down":
      // Experts are not stored in layer order, so their models go by the layer in the name.
      return conditionsAt(model.experts > 1 ? layerOf(name) : position, position, model.layers, model.experts === 8);
    case undefined:
      return 0;
  }
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
