import type { CacheTypes, ContextShape, Layer } from "./cache.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TypedTensor } from "./model.js";

/** Everything a graph depends on, decided before it is built. */
export interface GraphPlan {
  readonly hp: Hyperparameters;
  readonly layers: readonly Layer[];
  /** A tensor of the model by name, with its type. */
  readonly tensor: (name: string) => TypedTensor | undefined;
  readonly shape: ContextShape;
  readonly cacheTypes: CacheTypes;
  readonly flashAttention: boolean;
  /** V lies in the cache with its tokens side by side, as attention without flash attention likes it (`v_trans`). */
  readonly transposedValues: boolean;
  readonly kvOffload: boolean;
  /** Backend of each block, of the output, and of every tensor by name; the CPU is `cpu`. */
  readonly layerBackends: readonly number[];
  readonly weightBackend: (name: string) => number;
  readonly cpu: number;
  /** Blocks to build, in order: all of them, or one of each kind where the others repeat it. */
  readonly blocks: readonly number[];
}
