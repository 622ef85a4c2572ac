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

interface Candidate {
  readonly measured: MeasuredModel;
  readonly kin: boolean;
  /** Natural logarithm of how many times larger or smaller. */
  readonly distance: number;
}

/** The quantizations of one model against what has been measured: the nearest models of the family first. */
export class QualityLookup {
  private readonly candidates: readonly Candidate[];
  private readonly architecture: string;

  constructor(table: QualityTable, model: QualityModel) {
    this.architecture = model.architecture;
    const names = model.names.map((name) => name.toLowerCase().replace(/[\s_]+/g, "-"));
    this.candidates = table.models
      .map((measured) => ({
        measured,
        kin: measured.kin.some((kin) => names.some((name) => isOf(name, kin))),
        distance: Math.abs(Math.log(model.parameters / measured.parameters)),
      }))
      .sort((a, b) => a.distance - b.distance);
  }

  /** What is known of one quantization; undefined where nothing comparable was measured. */
  of(quant: string, bitsPerWeight: number): Quality | undefined {
    if (isReference(quant, this.architecture)) {
      return { word: "near-lossless", basis: "reference", models: [], sources: [] };
    }
    // Experts that came in MXFP4 stay in it, whatever the file is called.
    if (this.architecture === "gpt-oss") return undefined;
    const family = this.candidates.filter(({ kin, distance }) => kin && distance <= NEAR);
    return (
      summary(
        "same-family",
        family.filter((one) => covers(one, quant)),
        quant,
      ) ??
      (LEGACY.test(quant) ? undefined : mixes(family, bitsPerWeight)) ??
      summary("nearest-size", this.candidates.filter((one) => covers(one, quant)).slice(0, NEAREST), quant)
    );
  }
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

function covers({ measured }: Candidate, quant: string): boolean {
  return measured.perplexity?.[quant] !== undefined || measured.divergence?.[quant] !== undefined;
}

function summary(basis: Quality["basis"], found: readonly Candidate[], quant: string): Quality | undefined {
  const perplexity = rangeOf(found.map(({ measured }) => measured.perplexity?.[quant]));
  const divergence = rangeOf(found.map(({ measured }) => measured.divergence?.[quant]));
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

function mixes(family: readonly Candidate[], bits: number): Quality | undefined {
  const near = ([at]: readonly [number, number]): boolean => Math.abs(at - bits) <= BITS_APART;
  const found = family.filter(({ measured }) => measured.mixes?.some(near));
  const range = rangeOf(found.flatMap(({ measured }) => measured.mixes?.filter(near).map(([, value]) => value) ?? []));
  if (range === undefined) return undefined;
  return {
    word: wordOf(range.high, PERPLEXITY_LIMITS),
    basis: "same-family",
    measuredBy: "bits",
    perplexityIncreasePercent: range,
    ...origin(found),
  };
}

function origin(found: readonly Candidate[]): Pick<Quality, "models" | "sources"> {
  return {
    models: found.map(({ measured }) => measured.name),
    sources: [...new Set(found.flatMap(({ measured }) => measured.sources))],
  };
}

function rangeOf(values: readonly (Measured | undefined)[]): Range | undefined {
  const all = values.flatMap((value) => value ?? []);
  return all.length === 0 ? undefined : { low: Math.min(...all), high: Math.max(...all) };
}

/** The worst measurement decides. */
function wordOf(value: number, limits: readonly number[]): QualityWord {
  const at = limits.findIndex((limit) => value <= limit);
  return QUALITY_WORDS[at < 0 ? limits.length : at] ?? "heavy";
}
