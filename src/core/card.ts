import type { CardGroup } from "./hardware-fit.js";
import type { Neighbours } from "./neighbours.js";
import type { Quality, Range } from "./quality.js";
import type { FitReport } from "./report.js";
import type { Side, Trait } from "./traits.js";

/** Prose of a family or a model, written for this project. */
export type Prose = Readonly<Partial<Record<Side, readonly string[]>>> & { readonly about?: string };

/** What somebody measured and published. */
export interface MeasuredSpeed {
  readonly gpu: string;
  readonly quant: string;
  readonly runtime: string;
  /** Over the contexts and settings that were measured. */
  readonly tokensPerSecond: Range;
  /** The longest context measured. */
  readonly contextLength?: number;
  readonly source: string;
}

/** The smallest hardware for a purpose: what it runs there, and the cards that take it whole. */
export interface Need {
  readonly quant: string;
  readonly contextLength: number;
  /** On one CUDA device. */
  readonly totalBytes: number;
  /** Smallest first. */
  readonly groups: readonly CardGroup[];
}

export interface CardQuant {
  readonly quant: string;
  readonly bitsPerWeight: number;
  readonly fileBytes: number;
  /** Everything on one CUDA device at the card's context. */
  readonly totalBytes: number;
  readonly quality?: Quality;
}

export interface Relative {
  readonly id: string;
  readonly name: string;
  readonly parameters: number;
}

export type CommercialUse = "yes" | "no" | "conditions" | "unknown";

/** Everything that is known of a model, for a page. */
export interface ModelCard {
  readonly schemaVersion: 1;
  readonly tool: FitReport["tool"];
  readonly model: FitReport["model"] & {
    readonly family?: string;
    readonly developer?: string;
    readonly tags: readonly string[];
    readonly released?: string;
    readonly repository?: string;
    readonly ollama?: string;
  };
  readonly prose: Prose;
  readonly traits: readonly Trait[];
  readonly license: { readonly name?: string; readonly commercial: CommercialUse };
  readonly lineage: { readonly base?: string; readonly teacher?: string; readonly siblings: readonly string[] };
  /** The context that the sizes below are for, and the F16 cache it takes. */
  readonly context: { readonly trained: number; readonly contextLength: number; readonly cacheBytes: number };
  readonly quants: readonly CardQuant[];
  readonly hardware: { readonly minimum?: Need; readonly comfortable?: Need };
  readonly speeds: readonly MeasuredSpeed[];
  readonly compare: Neighbours<Relative>;
  readonly commands?: FitReport["commands"];
  /** The notes of the catalog entry. */
  readonly remarks: readonly string[];
  /** Group of facts -> where they were read. */
  readonly sources: Readonly<Record<string, string | readonly string[]>>;
}
