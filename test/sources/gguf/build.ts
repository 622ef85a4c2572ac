import { GGML_TYPES, type GgmlType, tensorBytes } from "../../../src/core/ggml.js";
import { padTo } from "../../../src/core/units.js";

/** A metadata value with its GGUF type, as `enum gguf_type` names it. */
export type Value =
  | { readonly type: "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32"; readonly value: number }
  | { readonly type: "float32" | "float64"; readonly value: number }
  | { readonly type: "uint64" | "int64"; readonly value: bigint | number }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "array"; readonly of: Value["type"]; readonly value: readonly unknown[] };

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: GgmlType;
}

export interface GgufSpec {
  readonly version?: number;
  readonly bigEndian?: boolean;
  readonly alignment?: number;
  readonly metadata?: Readonly<Record<string, Value>>;
  readonly tensors?: readonly TensorSpec[];
  /** Append the (zero) tensor data; otherwise the file ends with its header. */
  readonly withData?: boolean;
}

const TYPE_IDS: Readonly<Record<Value["type"], number>> = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
};

export const uint32 = (value: number): Value => ({ type: "uint32", value });
export const text = (value: string): Value => ({ type: "string", value });
export const strings = (value: readonly string[]): Value => ({ type: "array", of: "string", value });

/** Writes a GGUF file, right or, where the spec says so, wrong. */
export function buildGguf(spec: GgufSpec): Uint8Array {
  const { version = 3, bigEndian = false, alignment = 32, metadata = {}, tensors = [] } = spec;
  const writer = new Writer(!bigEndian);
  writer.ascii("GGUF");
  writer.uint32(version);
  writer.uint64(tensors.length);
  writer.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    writer.string(key);
    writer.uint32(TYPE_IDS[value.type]);
    writer.value(value);
  }
  let dataBytes = 0;
  for (const { name, shape, type } of tensors) {
    writer.string(name);
    writer.uint32(shape.length);
    for (const length of shape) writer.uint64(length);
    writer.uint32(GGML_TYPES[type].id);
    writer.uint64(dataBytes);
    dataBytes += padTo(tensorBytes(type, shape), alignment);
  }
  writer.zeros(padTo(writer.length, alignment) - writer.length);
  if (spec.withData) writer.zeros(dataBytes);
  return writer.bytes();
}

/** A llama of a few layers, large enough to be a model and small enough to write out. */
export function tinyLlama(extra: Readonly<Record<string, Value>> = {}): GgufSpec & { tensors: TensorSpec[] } {
  const [width, feedForward, vocabulary, layers] = [64, 128, 96, 2];
  const tensors: TensorSpec[] = [
    { name: "token_embd.weight", shape: [width, vocabulary], type: "q8_0" },
    { name: "output_norm.weight", shape: [width], type: "f32" },
    { name: "output.weight", shape: [width, vocabulary], type: "q8_0" },
  ];
  for (let layer = 0; layer < layers; layer++) {
    const matrix = (name: string, row: number, rows: number) =>
      tensors.push({ name: `blk.${layer}.${name}.weight`, shape: [row, rows], type: "q8_0" });
    const norm = (name: string) => tensors.push({ name: `blk.${layer}.${name}.weight`, shape: [width], type: "f32" });
    norm("attn_norm");
    matrix("attn_q", width, width);
    matrix("attn_k", width, width / 2);
    matrix("attn_v", width, width / 2);
    matrix("attn_output", width, width);
    norm("ffn_norm");
    matrix("ffn_gate", width, feedForward);
    matrix("ffn_up", width, feedForward);
    matrix("ffn_down", feedForward, width);
  }
  const metadata: Record<string, Value> = {
    "general.architecture": text("llama"),
    "general.name": text("Tiny"),
    "general.file_type": uint32(7),
    "llama.block_count": uint32(layers),
    "llama.context_length": uint32(2048),
    "llama.embedding_length": uint32(width),
    "llama.feed_forward_length": uint32(feedForward),
    "llama.attention.head_count": uint32(4),
    "llama.attention.head_count_kv": uint32(2),
    "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
    ...extra,
  };
  return { metadata, tensors };
}

/** A tokenizer like those of Llama 3 and Qwen: byte-pair tokens, their types, merges, a chat template. */
export function vocabulary(tokens: number, merges: number, letters = 5): Record<string, Value> {
  return {
    "tokenizer.ggml.model": text("gpt2"),
    "tokenizer.ggml.pre": text("llama-bpe"),
    "tokenizer.ggml.tokens": strings(Array.from({ length: tokens }, (_, i) => token(i, letters))),
    "tokenizer.ggml.token_type": { type: "array", of: "int32", value: new Array<number>(tokens).fill(1) },
    "tokenizer.ggml.merges": strings(
      Array.from({ length: merges }, (_, i) => `${token(i, letters)} ${token(i + 1, letters)}`),
    ),
    "tokenizer.ggml.bos_token_id": uint32(1),
    "tokenizer.chat_template": text("{% for message in messages %}".repeat(150)),
  };
}

/** A tokenizer like those of Llama 2 and Gemma: tokens with scores and types. */
export function scoredVocabulary(tokens: number): Record<string, Value> {
  return {
    "tokenizer.ggml.model": text("llama"),
    "tokenizer.ggml.tokens": strings(Array.from({ length: tokens }, (_, i) => token(i, 7))),
    "tokenizer.ggml.scores": { type: "array", of: "float32", value: new Array<number>(tokens).fill(-1) },
    "tokenizer.ggml.token_type": { type: "array", of: "int32", value: new Array<number>(tokens).fill(1) },
  };
}

/** Like real vocabularies, these begin with single letters and average `letters`, roughly. */
function token(index: number, letters: number): string {
  if (index < 256) return String.fromCharCode(33 + (index % 94));
  const length = Math.max(1, letters - 2 + (index % 5));
  return (index * 7919).toString(36).padStart(length, "abcdefghijkl").slice(-length);
}

interface ScalarWriter {
  readonly bytes: number;
  readonly write: (view: DataView, at: number, value: number | bigint | boolean, littleEndian: boolean) => void;
}

const SCALARS: Readonly<Record<Exclude<Value["type"], "array" | "string">, ScalarWriter>> = {
  uint8: { bytes: 1, write: (view, at, value) => view.setUint8(at, Number(value)) },
  int8: { bytes: 1, write: (view, at, value) => view.setInt8(at, Number(value)) },
  bool: { bytes: 1, write: (view, at, value) => view.setUint8(at, Number(value)) },
  uint16: { bytes: 2, write: (view, at, value, little) => view.setUint16(at, Number(value), little) },
  int16: { bytes: 2, write: (view, at, value, little) => view.setInt16(at, Number(value), little) },
  uint32: { bytes: 4, write: (view, at, value, little) => view.setUint32(at, Number(value), little) },
  int32: { bytes: 4, write: (view, at, value, little) => view.setInt32(at, Number(value), little) },
  float32: { bytes: 4, write: (view, at, value, little) => view.setFloat32(at, Number(value), little) },
  uint64: { bytes: 8, write: (view, at, value, little) => view.setBigUint64(at, BigInt(value), little) },
  int64: { bytes: 8, write: (view, at, value, little) => view.setBigInt64(at, BigInt(value), little) },
  float64: { bytes: 8, write: (view, at, value, little) => view.setFloat64(at, Number(value), little) },
};

/** Bytes that grow by doubling. */
class Writer {
  length = 0;
  private buffer = new Uint8Array(4096);
  private view = new DataView(this.buffer.buffer);
  private readonly littleEndian: boolean;
  private readonly encoder = new TextEncoder();

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  value(value: Value): void {
    if (value.type === "array") {
      this.uint32(TYPE_IDS[value.of]);
      this.uint64(value.value.length);
      for (const entry of value.value) {
        this.value(value.of === "array" ? (entry as Value) : ({ type: value.of, value: entry } as Value));
      }
    } else if (value.type === "string") this.string(value.value);
    else this.scalar(value);
  }

  ascii(content: string): void {
    this.zeros(content.length);
    this.encoder.encodeInto(content, this.buffer.subarray(this.length - content.length));
  }

  string(content: string): void {
    const bytes = this.encoder.encode(content);
    this.uint64(bytes.length);
    this.zeros(bytes.length);
    this.buffer.set(bytes, this.length - bytes.length);
  }

  uint32(value: number): void {
    this.scalar({ type: "uint32", value });
  }

  uint64(value: number | bigint): void {
    this.scalar({ type: "uint64", value });
  }

  zeros(count: number): void {
    const needed = this.length + count;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      grown.set(this.buffer);
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    this.length = needed;
  }

  private scalar({ type, value }: Exclude<Value, { type: "array" | "string" }>): void {
    const { bytes, write } = SCALARS[type];
    this.zeros(bytes);
    write(this.view, this.length - bytes, value, this.littleEndian);
  }
}
