import type { Model } from "./model.js";

/** A model of a catalog, before anything of it is read or worked out. */
export interface ModelCandidate {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly contextLength: number;
  readonly tags: readonly string[];
  /** `2025-04`, where known. */
  readonly released?: string;
  readonly sizes: ModelSizes;
  load(): Model;
}

/** What a model takes on one GPU with everything there and an F16 cache, in bytes. */
export interface ModelSizes {
  readonly layers: number;
  readonly weights: ReadonlyMap<string, number>;
  /** Contexts that the next two are given for. */
  readonly contexts: readonly [short: number, long: number];
  readonly cache: readonly [number, number];
  readonly compute: readonly [number, number];
}
