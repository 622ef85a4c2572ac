import { FitcheckError } from "./errors.js";
import type { GgmlType } from "./ggml.js";
import type { WeightedModel } from "./memory.js";
import type { Model, QuantOffer, TensorInfo } from "./model.js";
import { prepareQuantization, type QuantizationPlan, quantizedBytes, quantizedTypes } from "./quantize.js";
import { findQuant } from "./quantize-names.js";
import { QUANT_IDS, type QuantId } from "./quantize-recipes.js";
import type { FileSource } from "./report.js";
import { tensorTable } from "./tensor-table.js";

/** One quantization of a model with the bytes it comes to. */
export interface WeighedQuant {
  readonly quant: string;
  readonly model: WeightedModel;
  /** Bytes of all tensors. */
  readonly tensorBytes: number;
  readonly fileBytes: number;
  readonly fileSource: FileSource;
  /** The recipe, where it decides the types; undefined for a file's own. */
  readonly recipe: QuantId | undefined;
}

/**
 * The quantizations asked for, in the order the model offers them.
 * @param wanted names as typed; undefined for all
 * @throws FitcheckError BAD_VALUE for a name that is neither offered nor a recipe
 */
export function weighQuants(model: Model, wanted?: readonly string[]): WeighedQuant[] {
  return chosenOffers(model, wanted).flatMap((offer) => {
    const recipe = findQuant(offer.quant);
    if (offer.tensors) return [weighFile(model, offer, offer.tensors)];
    if (offer.loadedBytes !== undefined) return [weighLoaded(model, offer, offer.loadedBytes)];
    return recipe ? [weighRecipe(model, offer, quantizationPlan(model), recipe)] : [];
  });
}

const plans = new WeakMap<readonly TensorInfo[], QuantizationPlan>();

/** The model's tensors sorted for quantization, once for all its quantizations. */
function quantizationPlan(model: Model): QuantizationPlan {
  let plan = plans.get(model.tensors);
  if (!plan) {
    plan = prepareQuantization(model.tensors, model.hyperparameters);
    plans.set(model.tensors, plan);
  }
  return plan;
}

function chosenOffers(model: Model, wanted: readonly string[] | undefined): QuantOffer[] {
  if (!wanted) return [...model.quants];
  const chosen = wanted.map((name) => {
    const recipe = findQuant(name);
    const exact = model.quants.find((offer) => offer.quant.toLowerCase() === name.toLowerCase());
    const found =
      exact ??
      model.quants.find((offer) => isFormOf(offer, name)) ??
      model.quants.find((offer) => recipe !== undefined && findQuant(offer.quant) === recipe);
    if (found) return found;
    if (recipe && model.source === "catalog") return { quant: recipe };
    const offered = model.quants.map((offer) => offer.quant);
    throw new FitcheckError("BAD_VALUE", `"${name}" is not a quantization ${model.id} comes in`, {
      hint: `Choose from: ${(offered.length > 0 ? offered : QUANT_IDS).join(" ")}`,
      suggestions: offered.slice(0, 5),
    });
  });
  // The same one under two names is one.
  return chosen.filter((offer, index) => chosen.findIndex(({ quant }) => quant === offer.quant) === index);
}

function weighFile(model: Model, offer: QuantOffer, tensors: NonNullable<QuantOffer["tensors"]>): WeighedQuant {
  const types = tensors.map((tensor) => tensor.type);
  const bytes = sumBytes(tensors, types);
  return {
    quant: offer.quant,
    model: { architecture: model.architecture, hp: model.hyperparameters, tensors, types },
    tensorBytes: bytes.tensors,
    fileBytes: offer.fileBytes ?? bytes.aligned,
    fileSource: offer.fileBytes === undefined ? "computed" : (offer.fileSource ?? "file"),
    recipe: undefined,
  };
}

function weighRecipe(model: Model, offer: QuantOffer, plan: QuantizationPlan, recipe: QuantId): WeighedQuant {
  const types = quantizedTypes(plan, recipe);
  const bytes = sumBytes(model.tensors, types, plan.amounts);
  const { architecture, hyperparameters: hp, tensors } = model;
  return {
    quant: offer.quant,
    model: { architecture, hp, tensors, types, alike: plan.alike },
    tensorBytes: bytes.tensors,
    fileBytes: offer.fileBytes ?? bytes.aligned,
    fileSource: offer.fileBytes === undefined ? "computed" : (offer.fileSource ?? "published"),
    recipe,
  };
}

/** `FP8` is enough for `FP8 (safetensors)`. */
function isFormOf(offer: QuantOffer, name: string): boolean {
  return offer.loadedBytes !== undefined && offer.quant.toLowerCase().startsWith(`${name.toLowerCase()} (`);
}

/** Weights in a form of their own, the types of the recipe nearest in size standing for theirs. */
function weighLoaded(model: Model, offer: QuantOffer, bytes: number): WeighedQuant {
  const plan = quantizationPlan(model);
  const distance = (quant: QuantId): number => Math.abs(quantizedBytes(plan, quant) - bytes);
  const nearest = QUANT_IDS.reduce((best, quant) => (distance(quant) < distance(best) ? quant : best));
  const { architecture, hyperparameters: hp, tensors } = model;
  return {
    quant: offer.quant,
    model: { architecture, hp, tensors, types: quantizedTypes(plan, nearest), alike: plan.alike, loadedBytes: bytes },
    tensorBytes: bytes,
    fileBytes: offer.fileBytes ?? bytes,
    fileSource: offer.fileSource ?? "computed",
    recipe: undefined,
  };
}

/** Bytes of the tensors, and with each padded as in a file; the file's metadata comes on top. */
function sumBytes(
  tensors: readonly TensorInfo[],
  types: readonly GgmlType[],
  amounts: readonly (readonly [index: number, amount: number])[] = tensors.map((_, index) => [index, 1]),
): { tensors: number; aligned: number } {
  const table = tensorTable(tensors);
  let sum = 0;
  let aligned = 0;
  for (const [index, amount] of amounts) {
    const bytes = table.bytes(index, types[index] as GgmlType);
    sum += amount * bytes.bare;
    aligned += amount * bytes.inFile;
  }
  return { tensors: sum, aligned };
}
