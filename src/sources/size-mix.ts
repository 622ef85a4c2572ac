import { type GgmlType, tensorBytes } from "../core/ggml.js";
import type { Hyperparameters } from "../core/hyperparameters.js";
import type { TensorInfo, TypedTensor } from "../core/model.js";
import { prepareQuantization, quantizedTypes } from "../core/quantize.js";
import { QUANT_IDS, type QuantId } from "../core/quantize-recipes.js";
import { padTo } from "../core/units.js";

/** GGUF `general.alignment` unless a file says otherwise. */
const ALIGNMENT = 32;
/** A stock file differs from its recipe by less: other metadata, another release's rules for a few tensors. */
const STOCK_SHARE = 0.005;
/** Beyond the smallest or largest recipe by more than this, a file is something else. */
const OUTSIDE_SHARE = 0.1;
/** A sum this near to the file's size is good enough. */
const ENOUGH_SHARE = 0.001;
/** Multiples of the golden ratio, modulo 1, fill the unit interval evenly from the start. */
const GOLDEN = 0.618_033_988_75;

interface Mix {
  readonly types: readonly GgmlType[];
  readonly bytes: number;
}

/** What uploaders call these: the recipe named here, but with embedding and output in Q8_0. */
const WIDE: Readonly<Record<string, QuantId>> = {
  Q2_K_L: "Q2_K",
  Q3_K_XL: "Q3_K_L",
  Q4_K_L: "Q4_K_M",
  Q5_K_L: "Q5_K_M",
  Q6_K_L: "Q6_K",
};

/** Types for the tensors of a file, and how far they can be trusted. */
export interface MixedTensors {
  readonly tensors: readonly TypedTensor[];
  /** The sum is the file's, but which tensor has which type is a guess. */
  readonly guessed: boolean;
}

/**
 * Tensor types for files of which only name and size are known. A file that no standard recipe makes
 * (`UD-Q4_K_XL`) lies between two that are made by one: tensors, evenly over the layers, take the types of the larger
 * recipe until the sum is the file's.
 */
export class SizeMixer {
  private readonly tensors: readonly TensorInfo[];
  private readonly byQuant: ReadonlyMap<string, Mix>;
  /** Smallest first. */
  private readonly mixes: readonly Mix[];
  /** Positions of the tensors, any first part of them spread over all layers. */
  private readonly order: readonly number[];

  constructor(tensors: readonly TensorInfo[], hp: Hyperparameters) {
    this.tensors = tensors;
    const plan = prepareQuantization(tensors, hp);
    this.byQuant = new Map(QUANT_IDS.map((quant) => [quant, this.mixOf(quantizedTypes(plan, quant))]));
    this.mixes = [...this.byQuant.values()].sort((a, b) => a.bytes - b.bytes);
    this.order = tensors.map((_, i) => i).sort((a, b) => ((a * GOLDEN) % 1) - ((b * GOLDEN) % 1));
  }

  /** Whether a file with the name of a recipe, and this many bytes of tensors, is what the recipe makes. */
  isStock(quant: string, bytes: number): boolean {
    return isNear(this.byQuant.get(quant), bytes);
  }

  /**
   * @param quant the file's own name for it
   * @param bytes of all tensors, each padded as in a file
   * @returns undefined where no types come to that size
   */
  tensorsOf(quant: string, bytes: number): MixedTensors | undefined {
    const base = this.byQuant.get(WIDE[quant] ?? "");
    const wide = base && this.mixOf(withWideEnds(this.tensors, base.types));
    if (wide && isNear(wide, bytes)) return { tensors: this.typed(wide.types), guessed: false };
    const below = this.mixes.findLast((mix) => mix.bytes <= bytes);
    const above = this.mixes.filter((mix) => mix.bytes >= bytes);
    if (above[0] === undefined && (below?.bytes ?? 0) < (1 - OUTSIDE_SHARE) * bytes) return undefined;
    if (below === undefined && (above[0]?.bytes ?? 0) > (1 + OUTSIDE_SHARE) * bytes) return undefined;
    const types = below === undefined ? above[0]?.types : this.filledUp(below, above, bytes);
    return types && { tensors: this.typed(types), guessed: true };
  }

  private typed(types: readonly GgmlType[]): TypedTensor[] {
    return this.tensors.map(({ name, shape }, i) => ({ name, shape, type: types[i] as GgmlType }));
  }

  /** The types of `below`, with as many of those of the next larger mixes as keep the sum within `bytes`. */
  private filledUp(below: Mix, above: readonly Mix[], bytes: number): GgmlType[] {
    const types = [...below.types];
    let sum = below.bytes;
    for (const { types: larger } of above) {
      for (const i of this.order) {
        if (bytes - sum < ENOUGH_SHARE * bytes) return types;
        const tensor = this.tensors[i] as TensorInfo;
        const type = larger[i] as GgmlType;
        const more = inFile(tensor, type) - inFile(tensor, types[i] as GgmlType);
        if (more <= 0 || sum + more > bytes) continue;
        types[i] = type;
        sum += more;
      }
    }
    return types;
  }

  private mixOf(types: readonly GgmlType[]): Mix {
    return { types, bytes: this.tensors.reduce((sum, tensor, i) => sum + inFile(tensor, types[i] as GgmlType), 0) };
  }
}

function inFile(tensor: TensorInfo, type: GgmlType): number {
  return padTo(tensorBytes(type, tensor.shape), ALIGNMENT);
}

function isNear(mix: Mix | undefined, bytes: number): boolean {
  return mix !== undefined && Math.abs(mix.bytes - bytes) <= STOCK_SHARE * bytes;
}

/** As llama-quantize does with `--token-embedding-type q8_0 --output-tensor-type q8_0`. */
function withWideEnds(tensors: readonly TensorInfo[], types: readonly GgmlType[]): GgmlType[] {
  return types.map((type, i) => (/^(token_embd|output)\.weight$/.test(tensors[i]?.name ?? "") ? "q8_0" : type));
}
