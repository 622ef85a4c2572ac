/**
 * The tensor types of ggml: how many elements a block holds and how many bytes it takes.
 * Source: ggml.h (`enum ggml_type`, the id written in GGUF files) and ggml-common.h (the block structs).
 */
interface BlockLayout {
  /** `enum ggml_type`, as written in a GGUF tensor info. */
  readonly id: number;
  readonly blockSize: number;
  readonly blockBytes: number;
}

export const GGML_TYPES = {
  f32: { id: 0, blockSize: 1, blockBytes: 4 },
  f16: { id: 1, blockSize: 1, blockBytes: 2 },
  q4_0: { id: 2, blockSize: 32, blockBytes: 18 },
  q4_1: { id: 3, blockSize: 32, blockBytes: 20 },
  q5_0: { id: 6, blockSize: 32, blockBytes: 22 },
  q5_1: { id: 7, blockSize: 32, blockBytes: 24 },
  q8_0: { id: 8, blockSize: 32, blockBytes: 34 },
  q8_1: { id: 9, blockSize: 32, blockBytes: 36 },
  q2_K: { id: 10, blockSize: 256, blockBytes: 84 },
  q3_K: { id: 11, blockSize: 256, blockBytes: 110 },
  q4_K: { id: 12, blockSize: 256, blockBytes: 144 },
  q5_K: { id: 13, blockSize: 256, blockBytes: 176 },
  q6_K: { id: 14, blockSize: 256, blockBytes: 210 },
  q8_K: { id: 15, blockSize: 256, blockBytes: 292 },
  iq2_xxs: { id: 16, blockSize: 256, blockBytes: 66 },
  iq2_xs: { id: 17, blockSize: 256, blockBytes: 74 },
  iq3_xxs: { id: 18, blockSize: 256, blockBytes: 98 },
  iq1_s: { id: 19, blockSize: 256, blockBytes: 50 },
  iq4_nl: { id: 20, blockSize: 32, blockBytes: 18 },
  iq3_s: { id: 21, blockSize: 256, blockBytes: 110 },
  iq2_s: { id: 22, blockSize: 256, blockBytes: 82 },
  iq4_xs: { id: 23, blockSize: 256, blockBytes: 136 },
  i8: { id: 24, blockSize: 1, blockBytes: 1 },
  i16: { id: 25, blockSize: 1, blockBytes: 2 },
  i32: { id: 26, blockSize: 1, blockBytes: 4 },
  i64: { id: 27, blockSize: 1, blockBytes: 8 },
  f64: { id: 28, blockSize: 1, blockBytes: 8 },
  iq1_m: { id: 29, blockSize: 256, blockBytes: 56 },
  bf16: { id: 30, blockSize: 1, blockBytes: 2 },
  tq1_0: { id: 34, blockSize: 256, blockBytes: 54 },
  tq2_0: { id: 35, blockSize: 256, blockBytes: 66 },
  mxfp4: { id: 39, blockSize: 32, blockBytes: 17 },
  nvfp4: { id: 40, blockSize: 64, blockBytes: 36 },
  q1_0: { id: 41, blockSize: 128, blockBytes: 18 },
  q2_0: { id: 42, blockSize: 64, blockBytes: 18 },
} as const satisfies Record<string, BlockLayout>;

export type GgmlType = keyof typeof GGML_TYPES;

const BY_ID: ReadonlyMap<number, GgmlType> = new Map(
  (Object.keys(GGML_TYPES) as GgmlType[]).map((type) => [GGML_TYPES[type].id, type]),
);

/** The type with this GGUF id, undefined for ids this version does not know (or that ggml removed). */
export function ggmlTypeById(id: number): GgmlType | undefined {
  return BY_ID.get(id);
}

export function blockSize(type: GgmlType): number {
  return GGML_TYPES[type].blockSize;
}

/** Bytes of one row of `elements` values; `elements` must be a multiple of the block size (`ggml_row_size`). */
export function rowBytes(type: GgmlType, elements: number): number {
  const layout = GGML_TYPES[type];
  return (elements / layout.blockSize) * layout.blockBytes;
}

/** Bytes of a contiguous tensor of this shape, `shape[0]` being the row (`ggml_nbytes`). */
export function tensorBytes(type: GgmlType, shape: readonly number[]): number {
  let rows = 1;
  for (let i = 1; i < shape.length; i++) rows *= shape[i] ?? 1;
  return rowBytes(type, shape[0] ?? 1) * rows;
}

/** Bits per weight of the type alone: derived from the block, never typed in. */
export function bitsPerElement(type: GgmlType): number {
  const layout = GGML_TYPES[type];
  return (layout.blockBytes * 8) / layout.blockSize;
}

/** True for block formats (`ggml_is_quantized`): what a cache needs flash attention for when it holds V. */
export function isQuantized(type: GgmlType): boolean {
  return GGML_TYPES[type].blockSize > 1;
}

/** The types llama.cpp accepts for `-ctk` and `-ctv` (common/arg.cpp `kv_cache_types`). */
export const CACHE_TYPES = ["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"] as const;
export type CacheType = (typeof CACHE_TYPES)[number];
