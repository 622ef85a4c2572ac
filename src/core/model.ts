import type { Architecture } from "./architecture.js";
import type { GgmlType } from "./ggml.js";
import type { Hyperparameters } from "./hyperparameters.js";

/** A tensor as a GGUF names it. */
export interface TensorInfo {
  /** e.g. `blk.0.attn_q.weight` */
  readonly name: string;
  /** ggml order: `shape[0]` is the row length (`ne[0]`). */
  readonly shape: readonly number[];
  /** Present when a file says so; otherwise the quantization's rules decide. */
  readonly type?: GgmlType;
}

/** A tensor whose type is known, so its bytes are. */
export interface TypedTensor extends TensorInfo {
  readonly type: GgmlType;
}

/** Where a model came from. */
export type ModelSource =
  | "catalog"
  | "gguf"
  | "url"
  | "hugging-face"
  | "folder"
  | "ollama"
  | "lmstudio"
  | "llama.cpp-cache";

/** One way a model's weights can be had. */
export interface QuantOffer {
  /** `Q4_K_M`, `MXFP4`, `UD-Q4_K_XL`, `BF16`... */
  readonly quant: string;
  /** Bytes to download, all parts of a split file. Absent: computed from the tensors. */
  readonly fileBytes?: number;
  readonly fileSource?: "file" | "published";
  /** The file's own tensor types. Absent: llama.cpp's recipe for `quant` decides them. */
  readonly tensors?: readonly TypedTensor[];
  /**
   * Bytes of the weights in a form that other runtimes than llama.cpp load (safetensors): all of them go to the GPUs.
   * Absent: a GGUF.
   */
  readonly loadedBytes?: number;
  /** Where the file, or the first of its parts, lies on this machine, when that is not the model's id. */
  readonly path?: string;
  /** Where `fileBytes` was published. */
  readonly source?: string;
}

export interface Model {
  /** Catalog id, or the reference the user gave. */
  readonly id: string;
  readonly name: string;
  readonly source: ModelSource;
  readonly architecture: Architecture;
  readonly hyperparameters: Hyperparameters;
  /** Every tensor of the GGUF, multimodal projector excluded (that is a file of its own). */
  readonly tensors: readonly TensorInfo[];
  /** Weights in total and, for mixtures of experts, used per token. */
  readonly parameters: number;
  readonly activeParameters?: number;
  /** Tokens the model was trained for (`context_length`). */
  readonly contextLength: number;
  readonly quants: readonly QuantOffer[];
  /** What only the catalog knows: licence, sources, aliases, prose. */
  readonly card?: Readonly<Record<string, unknown>>;
  /** The context the model's own package asks for (an Ollama modelfile's `num_ctx`). */
  readonly preferredContext?: number;
  readonly notes?: readonly import("./note.js").Note[];
}
