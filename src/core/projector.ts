import type { Extra } from "./extras.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { TypedTensor } from "./model.js";
import type { DeviceMemory, MemoryEstimate } from "./report.js";
import { tensorTable } from "./tensor-table.js";

/** Bytes of a float. */
const F32 = 4;
const CHANNELS = 3;
/** Streams of a block that live at the same time beside its feed-forward: the input, the residual, the normed one. */
const STREAMS = 3;

/** A projector's file: an encoder for images or sound and what turns its output into tokens of the model. */
export interface Projector {
  readonly name: string;
  readonly fileBytes: number;
  readonly tensors: readonly TypedTensor[];
  /** `clip.*` without the prefix. */
  readonly metadata: Hyperparameters;
}

/**
 * What a projector takes on the first GPU (`clip_ctx`): its weights, exact, and the compute buffer that llama.cpp
 * reserves for a warm-up image. That one is worked out from the widths of the encoder and the number of patches, and
 * agrees with real runs within a tenth of the whole; the first larger image may let it grow.
 */
export function projectorExtra(projector: Projector): Extra {
  return {
    kind: "projector",
    name: projector.name,
    fileBytes: projector.fileBytes,
    memory(hardware, settings): MemoryEstimate {
      const table = tensorTable(projector.tensors);
      const onGpu = hardware.devices.length > 0;
      const weightsBytes = projector.tensors.reduce((sum, { type }, i) => {
        const bytes = table.bytes(i, type);
        return sum + (onGpu ? bytes.onGpu : bytes.onHost);
      }, 0);
      const encoder = encoderOf(projector);
      const computeBytes = bufferBytes(encoder, settings.flashAttention !== "off");
      const memory = { weightsBytes, cacheBytes: 0, computeBytes, totalBytes: weightsBytes + computeBytes };
      const inputs = {
        weightsBytes: 0,
        cacheBytes: 0,
        computeBytes: encoder.inputBytes,
        totalBytes: encoder.inputBytes,
      };
      if (!onGpu) return { devices: [], host: memory };
      const devices = hardware.devices.map(
        ({ id }, i): DeviceMemory => ({ id, overheadBytes: 0, ...(i === 0 ? memory : NOTHING) }),
      );
      return { devices, host: inputs };
    },
  };
}

const NOTHING = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 };

/** What the graph of an encoder is made of. */
interface Encoder {
  /** Patches of the warm-up image, before neighbours are merged into one token. */
  readonly patches: number;
  readonly width: number;
  /** Of what lies between a block's two feed-forward matrices, gate included. */
  readonly feedForward: number;
  readonly heads: number;
  /** Some layers see only their window: the mask says so. */
  readonly windowed: boolean;
  /** Floats of intermediate outputs kept to the end (`is_deepstack_layers`). */
  readonly kept: number;
  /** The image itself, and the mask, which the CPU makes. */
  readonly inputBytes: number;
}

function encoderOf({ metadata, tensors }: Projector): Encoder {
  const part = metadata.values["vision.embedding_length"] === undefined ? "audio" : "vision";
  const number = (key: string, otherwise: number): number => metadata.number(`${part}.${key}`, otherwise);
  const width = number("embedding_length", 0);
  const gated = tensors.some(({ name }) => /blk\.0\.ffn_gate\.weight$/.test(name));
  const patchSize = number("patch_size", 14);
  const merge = number("spatial_merge_size", DEFAULT_MERGE[typeOf(metadata)] ?? 1);
  const side = part === "audio" ? 0 : warmupSide(metadata, patchSize, merge);
  const patches = part === "audio" ? AUDIO_POSITIONS : Math.floor(side / patchSize) ** 2;
  const windowed = number("n_wa_pattern", 0) > 0;
  const deepstack = metadata.values[`${part}.is_deepstack_layers`];
  const taps = Array.isArray(deepstack) ? deepstack.filter(Boolean).length : 0;
  return {
    patches,
    width,
    feedForward: number("feed_forward_length", 4 * width) * (gated ? 2 : 1),
    heads: number("attention.head_count", 16),
    windowed,
    kept: taps === 0 ? 0 : ((taps + 1) * patches * number("projection_dim", width)) / merge ** 2,
    inputBytes: side ** 2 * CHANNELS * F32 + (windowed ? patches ** 2 * F32 : 0),
  };
}

/** Half a minute of sound after the convolutions (`whisper` encoders). */
const AUDIO_POSITIONS = 1500;

/** Tokens of the warm-up image (`clip_hparams::set_warmup_n_tokens`); other projectors take their own image size. */
const WARMUP_TOKENS: Readonly<Record<string, number>> = {
  qwen2vl_merger: 46 * 46,
  "qwen2.5vl_merger": 46 * 46,
  qwen3vl_merger: 46 * 46,
  "qwen2.5o": 46 * 46,
  gemma4v: 256,
};

/** Patches per side that become one token, where the file does not say. */
const DEFAULT_MERGE: Readonly<Record<string, number>> = {
  qwen2vl_merger: 2,
  "qwen2.5vl_merger": 2,
  qwen3vl_merger: 2,
  "qwen2.5o": 2,
  gemma4v: 3,
};

function typeOf(metadata: Hyperparameters): string {
  const type = metadata.values["vision.projector_type"] ?? metadata.values["projector_type"];
  return typeof type === "string" ? type : "";
}

/** Side of the warm-up image in pixels. */
function warmupSide(metadata: Hyperparameters, patchSize: number, merge: number): number {
  const tokens = WARMUP_TOKENS[typeOf(metadata)];
  return tokens === undefined ? metadata.number("vision.image_size", 448) : Math.sqrt(tokens) * patchSize * merge;
}

/** The peak inside one block, and what is kept across them. */
function bufferBytes(encoder: Encoder, flashAttention: boolean): number {
  const { patches, width, feedForward, heads, windowed, kept } = encoder;
  const block = patches * (feedForward + STREAMS * width);
  const scores = flashAttention ? 0 : patches ** 2 * heads;
  // the mask in full and, for flash attention, in half precision
  const mask = windowed ? patches ** 2 * (flashAttention ? 1.5 : 1) : 0;
  return Math.round(F32 * (block + scores + mask + kept));
}
