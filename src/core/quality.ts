/** What a quantization costs, in a word: how the worst measurement is called. */
export type QualityWord = "near-lossless" | "small" | "noticeable" | "heavy";

/** From better to worse. */
export const QUALITY_WORDS: readonly QualityWord[] = ["near-lossless", "small", "noticeable", "heavy"];

/** Up to which increase of perplexity, in percent, each word holds; above them all it is heavy. */
const PERPLEXITY_LIMITS = [1, 5, 20] as const;
/** The same for the mean KL divergence, where no perplexity was published. */
const DIVERGENCE_LIMITS = [0.01, 0.05, 0.2] as const;

/** One published value, or the lowest and the highest of several. */
type Measured = number | readonly [low: number, high: number];

/** One model of `data/quants.json`: what others measured of its quantizations. */
export interface MeasuredModel {
  readonly name: string;
  /** Names that models of its family begin with: `llama-3`. */
  readonly kin: readonly string[];
  readonly parameters: number;
  /** Quantization -> increase of perplexity over the 16-bit weights, in percent. */
  readonly perplexity?: Readonly<Record<string, Measured>>;
  /** Quantization -> mean KL divergence from the 16-bit weights. */
  readonly divergence?: Readonly<Record<string, Measured>>;
  /** Files that follow no recipe: bits per weight, and the increase of perplexity in percent. */
  readonly mixes?: readonly (readonly [bitsPerWeight: number, increase: number])[];
  readonly sources: readonly string[];
}

export interface QualityTable {
  readonly models: readonly MeasuredModel[];
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What is published about the loss of a quantization, and on which models it was measured. */
export interface Quality {
  readonly word: QualityWord;
  /**
   * reference: these are the published weights, or hold them exactly. same-family: measured on models of the family,
   * up to four times larger or smaller. nearest-size: measured on others, those nearest in size.
   */
  readonly basis: "reference" | "same-family" | "nearest-size";
  /** Present where files of about as many bits were measured, not this recipe. */
  readonly measuredBy?: "bits";
  readonly perplexityIncreasePercent?: Range;
  readonly klDivergence?: Range;
  /** The measured models. */
  readonly models: readonly string[];
  readonly sources: readonly string[];
}

/** What the measurements are looked up by. */
export interface QualityModel {
  readonly names: readonly string[];
  readonly architecture: string;
  readonly parameters: number;
}

/** A size is near when it is at most this many times another. */
const NEAR = Math.log(4);
/** Models to look at where none of the family is near. */
const NEAREST = 3;
/** Files without a recipe count as alike within so many bits per weight. */
const BITS_APART = 0.25;

/** Older quantizations, which lose more than K and I ones of as many bits: files of mixed types say nothing about them. */
const LEGACY = /^Q[45]_[01]$/;

/** The quantizations of one model against what has been measured: the nearest models of the family first. */
export class QualityLookup {
  /** All measured models, the nearest in size first. */
  private readonly byDistance: readonly MeasuredModel[];
  /** Those of them that are of the family and near. */
  private readonly family: readonly MeasuredModel[];
  private readonly architecture: string;

  constructor(table: QualityTable, { names, architecture, parameters }: QualityModel) {
    this.architecture = architecture;
    const plain = names.map((name) => name.toLowerCase().replace(/[\s_]+/g, "-"));
    const distance = (model: MeasuredModel): number => Math.abs(Math.log(parameters / model.parameters));
    this.byDistance = [...table.models].sort((a, b) => distance(a) - distance(b));
    this.family = this.byDistance.filter(
      (model) => distance(model) <= NEAR && model.kin.some((kin) => plain.some((name) => isOf(name, kin))),
    );
  }

  /** What is known of one quantization; undefined where nothing comparable was measured. */
  of(quant: string, bitsPerWeight: number): Quality | undefined {
    if (isReference(quant, this.architecture)) return REFERENCE;
    // Experts that came in MXFP4 stay in it, whatever the file is called.
    if (this.architecture === "gpt-oss") return undefined;
    return (
      summary("same-family", covering(this.family, quant, Number.POSITIVE_INFINITY), quant) ??
      (LEGACY.test(quant) ? undefined : mixes(this.family, bitsPerWeight)) ??
      summary("nearest-size", covering(this.byDistance, quant, NEAREST), quant)
    );
  }
}

const REFERENCE: Quality = { word: "near-lossless", basis: "reference", models: [], sources: [] };

/** The first of them that have a figure for a quantization. This and what follows runs for every row of a report. */
function covering(models: readonly MeasuredModel[], quant: string, most: number): MeasuredModel[] {
  const found: MeasuredModel[] = [];
  for (const model of models) {
    if (found.length >= most) break;
    if (model.perplexity?.[quant] !== undefined || model.divergence?.[quant] !== undefined) found.push(model);
  }
  return found;
}

/** Is `llama-3.1-8b` of the kin `llama-3`? A family's name ends where a hyphen or a dot begins. */
function isOf(name: string, kin: string): boolean {
  const at = name.indexOf(kin);
  if (at < 0 || (at > 0 && !/[-/]/.test(name[at - 1] ?? ""))) return false;
  return /^([-.:]|$)/.test(name.slice(at + kin.length));
}

function isReference(quant: string, architecture: string): boolean {
  return quant === "BF16" || quant === "F32" || (quant === "MXFP4" && architecture === "gpt-oss");
}

function summary(basis: Quality["basis"], found: readonly MeasuredModel[], quant: string): Quality | undefined {
  if (found.length === 0) return undefined;
  const perplexity = rangeOf(found.map((model) => model.perplexity?.[quant]));
  const divergence = rangeOf(found.map((model) => model.divergence?.[quant]));
  const word = perplexity
    ? wordOf(perplexity.high, PERPLEXITY_LIMITS)
    : divergence && wordOf(divergence.high, DIVERGENCE_LIMITS);
  if (word === undefined) return undefined;
  return {
    word,
    basis,
    ...(perplexity ? { perplexityIncreasePercent: perplexity } : {}),
    ...(divergence ? { klDivergence: divergence } : {}),
    ...origin(found),
  };
}

function mixes(family: readonly MeasuredModel[], bits: number): Quality | undefined {
  const found: MeasuredModel[] = [];
  const values: number[] = [];
  for (const model of family) {
    const near = (model.mixes ?? []).filter(([at]) => Math.abs(at - bits) <= BITS_APART);
    if (near.length === 0) continue;
    found.push(model);
    for (const [, value] of near) values.push(value);
  }
  const range = rangeOf(values);
  if (range === undefined) return undefined;
  return {
    word: wordOf(range.high, PERPLEXITY_LIMITS),
    basis: "same-family",
    measuredBy: "bits",
    perplexityIncreasePercent: range,
    ...origin(found),
  };
}

function origin(found: readonly MeasuredModel[]): Pick<Quality, "models" | "sources"> {
  const sources: string[] = [];
  for (const model of found) {
    for (const source of model.sources) if (!sources.includes(source)) sources.push(source);
  }
  return { models: found.map(({ name }) => name), sources };
}

function rangeOf(values: readonly (Measured | undefined)[]): Range | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === undefined) continue;
    const [from, to] = typeof value === "number" ? [value, value] : value;
    low = Math.min(low, from);
    high = Math.max(high, to);
  }
  return high < low ? undefined : { low, high };
}

/** The worst measurement decides. */
function wordOf(value: number, limits: readonly number[]): QualityWord {
  const at = limits.findIndex((limit) => value <= limit);
  return QUALITY_WORDS[at < 0 ? limits.length : at] ?? "heavy";
}
