import type { Layer } from "./cache.js";
import type { GraphBuilder } from "./graph-builder.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TensorInfo } from "./model.js";

/**
 * What fitcheck knows of one model family. Pure: everything follows from the hyperparameters and,
 * where a file gives them, its tensors.
 */
export interface Architecture {
  /** GGUF `general.architecture`. */
  readonly id: string;
  /** Every tensor of a GGUF of this family: names and shapes, in no particular order. */
  tensors(hp: Hyperparameters): TensorInfo[];
  /** What each running block keeps between tokens, in block order. */
  layers(hp: Hyperparameters): Layer[];
  /** The operations of one batch, in the order llama.cpp creates them. */
  graph(builder: GraphBuilder): void;
  /** Tokens a sliding layer sees, where the file may leave it out (`n_swa`). */
  slidingWindow?(hp: Hyperparameters): number;
  /** Blocks that use the rope tables: a device without any does not load them. All do unless told. */
  usesRopeTables?(layer: Layer): boolean;
  /** A tied output is loaded before the token embedding, so a CPU that holds both holds it twice. */
  readonly outputLoadedFirst?: boolean;
  /** What the files call the final norm, where it is not `output_norm`. */
  readonly finalNorm?: string;
  /** No output matrix, not even a tied one: the last hidden values are the result. */
  readonly headless?: boolean;
  /** llama.cpp switches flash attention off whatever the settings say. */
  readonly withoutFlashAttention?: boolean;
  /** Weights of next-token-prediction blocks that are loaded though the blocks do not run: none unless given. */
  loadsUnused?(name: string): boolean;
  /** Weights in blocks that llama.cpp leaves on the host because it does not see a GPU using them. */
  readonly hostWeights?: RegExp;
  /** No block can stand for others: each takes memory from the start, or the allocator needs many to repeat itself. */
  readonly everyBlock?: boolean;
  /** Embedding models attend both ways and keep nothing between batches (`causal_attn` false, no memory). */
  readonly embedding?: boolean;
}
