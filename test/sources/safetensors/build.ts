/** A tensor of a safetensors file: its element type, shape and bytes per element. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  U8: 1,
  I32: 4,
  U32: 4,
  I64: 8,
};

/** A file with its length, header, and zeros for data. */
export function buildSafetensors(tensors: Readonly<Record<string, Entry>>): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    const start = end;
    end += shape.reduce((product, length) => product * length, ELEMENT_BYTES[dtype] ?? 1);
    header[name] = { dtype, shape, data_offsets: [start, end] };
  }
  return rawSafetensors(JSON.stringify(header), end);
}

/** The same around any header, right or wrong. */
export function rawSafetensors(header: string, dataBytes: number): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

/** A llama of two layers, as its config.json describes it. */
export const TINY_CONFIG = {
  architectures: ["LlamaForCausalLM"],
  hidden_size: 256,
  intermediate_size: 512,
  max_position_embeddings: 2048,
  num_attention_heads: 4,
  num_hidden_layers: 2,
  num_key_value_heads: 2,
  vocab_size: 1024,
};

/** The matrices of its layers: rows of the output by columns of the input. */
const MATRICES: Readonly<Record<string, readonly [number, number]>> = {
  "self_attn.q_proj": [256, 256],
  "self_attn.k_proj": [128, 256],
  "self_attn.v_proj": [128, 256],
  "self_attn.o_proj": [256, 256],
  "mlp.gate_proj": [512, 256],
  "mlp.up_proj": [512, 256],
  "mlp.down_proj": [256, 512],
};

/** How a form stores one matrix. */
type Pack = (name: string, rows: number, columns: number) => Readonly<Record<string, Entry>>;

const sixteen =
  (dtype: string): Pack =>
  (name, rows, columns) => ({ [`${name}.weight`]: { dtype, shape: [rows, columns] } });

interface Form {
  /** What fitcheck calls it. */
  readonly label: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly pack: Pack;
}

/** The forms checkpoints come in, each stored as its tools do. */
export const FORMS: readonly Form[] = [
  { label: "BF16", config: {}, pack: sixteen("BF16") },
  { label: "F16", config: {}, pack: sixteen("F16") },
  {
    label: "FP8",
    config: { quantization_config: { quant_method: "fp8", weight_block_size: [128, 128] } },
    pack: (name, rows, columns) => ({
      [`${name}.weight`]: { dtype: "F8_E4M3", shape: [rows, columns] },
      [`${name}.weight_scale_inv`]: { dtype: "F32", shape: [rows / 128, columns / 128] },
    }),
  },
  {
    label: "AWQ-4BIT",
    config: { quantization_config: { quant_method: "awq", bits: 4, group_size: 128 } },
    pack: (name, rows, columns) => ({
      [`${name}.qweight`]: { dtype: "I32", shape: [columns, rows / 8] },
      [`${name}.qzeros`]: { dtype: "I32", shape: [columns / 128, rows / 8] },
      [`${name}.scales`]: { dtype: "F16", shape: [columns / 128, rows] },
    }),
  },
  {
    label: "GPTQ-4BIT",
    config: { quantization_config: { quant_method: "gptq", bits: 4, group_size: 128 } },
    pack: (name, rows, columns) => ({
      [`${name}.qweight`]: { dtype: "I32", shape: [columns / 8, rows] },
      [`${name}.qzeros`]: { dtype: "I32", shape: [columns / 128, rows / 8] },
      [`${name}.scales`]: { dtype: "F16", shape: [columns / 128, rows] },
      [`${name}.g_idx`]: { dtype: "I32", shape: [columns] },
    }),
  },
  {
    label: "NVFP4",
    config: { quantization_config: { quant_method: "modelopt", quant_algo: "NVFP4" } },
    pack: (name, rows, columns) => ({
      [`${name}.weight`]: { dtype: "U8", shape: [rows, columns / 2] },
      [`${name}.weight_scale`]: { dtype: "F8_E4M3", shape: [rows, columns / 16] },
      [`${name}.weight_scale_2`]: { dtype: "F32", shape: [] },
    }),
  },
  {
    label: "MXFP4",
    config: { quantization_config: { quant_method: "mxfp4" } },
    pack: (name, rows, columns) => ({
      [`${name}_blocks`]: { dtype: "U8", shape: [rows, columns / 32, 16] },
      [`${name}_scales`]: { dtype: "U8", shape: [rows, columns / 32] },
    }),
  },
  {
    label: "BNB-4BIT",
    config: { quantization_config: { quant_method: "bitsandbytes", load_in_4bit: true, bnb_4bit_quant_type: "nf4" } },
    pack: (name, rows, columns) => ({
      [`${name}.weight`]: { dtype: "U8", shape: [(rows * columns) / 2, 1] },
      [`${name}.weight.absmax`]: { dtype: "U8", shape: [(rows * columns) / 64] },
      [`${name}.weight.quant_map`]: { dtype: "F32", shape: [16] },
    }),
  },
  {
    label: "MLX-4BIT",
    config: { quantization: { group_size: 64, bits: 4 } },
    pack: (name, rows, columns) => ({
      [`${name}.weight`]: { dtype: "U32", shape: [rows, columns / 8] },
      [`${name}.scales`]: { dtype: "BF16", shape: [rows, columns / 64] },
      [`${name}.biases`]: { dtype: "BF16", shape: [rows, columns / 64] },
    }),
  },
];

/** All tensors of the tiny llama in one form; embedding, output and norms stay in 16 bits. */
export function checkpointTensors(form: Form): Record<string, Entry> {
  const dtype = form.label === "F16" ? "F16" : "BF16";
  const tensors: Record<string, Entry> = {
    "model.embed_tokens.weight": { dtype, shape: [1024, 256] },
    "model.norm.weight": { dtype, shape: [256] },
    "lm_head.weight": { dtype, shape: [1024, 256] },
  };
  for (let layer = 0; layer < TINY_CONFIG.num_hidden_layers; layer++) {
    for (const norm of ["input_layernorm", "post_attention_layernorm"]) {
      tensors[`model.layers.${layer}.${norm}.weight`] = { dtype, shape: [256] };
    }
    for (const [name, [rows, columns]] of Object.entries(MATRICES)) {
      Object.assign(tensors, form.pack(`model.layers.${layer}.${name}`, rows, columns));
    }
  }
  return tensors;
}

/** Bytes of the data of some tensors. */
export function dataBytes(tensors: Readonly<Record<string, Entry>>): number {
  return Object.values(tensors).reduce(
    (sum, { dtype, shape }) => sum + shape.reduce((product, length) => product * length, ELEMENT_BYTES[dtype] ?? 1),
    0,
  );
}

/** The checkpoint as files: in one, or in two with the index that says what lies where. */
export function checkpointFilesOf(form: Form, parts: 1 | 2 = 1): Record<string, Uint8Array> {
  const tensors = Object.entries(checkpointTensors(form));
  const config = Buffer.from(JSON.stringify({ ...TINY_CONFIG, ...form.config }));
  if (parts === 1) {
    return { "config.json": config, "model.safetensors": buildSafetensors(Object.fromEntries(tensors)) };
  }
  const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
  const half = (part: number) => tensors.filter((_, i) => i % 2 === part);
  const map = tensors.map(([name], i) => [name, names[i % 2]]);
  return {
    "config.json": config,
    "model.safetensors.index.json": Buffer.from(
      JSON.stringify({ metadata: { total_size: 1 }, weight_map: Object.fromEntries(map) }, undefined, 2),
    ),
    [names[0]]: buildSafetensors(Object.fromEntries(half(0))),
    [names[1]]: buildSafetensors(Object.fromEntries(half(1))),
  };
}
