import type { BytesByType } from "./header.js";

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** Whether MLX made it: it says so in a key of its own. */
export function isMlx(config: unknown): boolean {
  const json = object(config);
  return typeof object(json.quantization).bits === "number" && quantMethod(json) === "";
}

/** Where NVIDIA's ModelOpt says how it quantized, when config.json does not. */
export const MODELOPT_FILE = "hf_quant_config.json";

/** The config with what ModelOpt's own file says, `{"quantization": {"quant_algo": "NVFP4"}}`. */
export function withModelOpt(config: unknown, modelOpt: unknown): unknown {
  const { quant_algo: algorithm } = object(object(modelOpt).quantization);
  const json = object(config);
  if (typeof algorithm !== "string" || json.quantization_config !== undefined) return config;
  return { ...json, quantization_config: { quant_method: "modelopt", quant_algo: algorithm } };
}

function quantization(json: Json): Json {
  return object(json.quantization_config ?? object(json.text_config).quantization_config);
}

function quantMethod(json: Json): string {
  const { quant_method: method } = quantization(json);
  return typeof method === "string" && /^[\w.-]{1,24}$/.test(method) ? method.toLowerCase() : "";
}

function bits(config: Json): string {
  const value = config.bits ?? config.w_bit ?? config.num_bits;
  return typeof value === "number" && value >= 1 && value <= 16 ? `-${value}BIT` : "";
}

/**
 * What a checkpoint's quantization is called, from `quantization_config` (or MLX's `quantization`) of its config.json:
 * `FP8`, `AWQ-4BIT`, `GPTQ-4BIT`, `NVFP4`, `MXFP4`, `BNB-4BIT`, `MLX-4BIT`. Without one, the type most of it has.
 */
export function checkpointLabel(config: unknown, bytes: BytesByType): string {
  const json = object(config);
  if (isMlx(config)) return mlxLabel(object(json.quantization));
  const given = quantization(json);
  const method = quantMethod(json);
  switch (method) {
    case "":
      return plainLabel(bytes);
    case "fp8":
    case "fbgemm_fp8":
      return "FP8";
    case "bitsandbytes":
      return given.load_in_8bit === true ? "BNB-8BIT" : "BNB-4BIT";
    case "modelopt":
      return modelOptLabel(given.quant_algo);
    case "compressed-tensors":
      return compressedLabel(given);
    default:
      return `${method.toUpperCase()}${method === "mxfp4" ? "" : bits(given)}`;
  }
}

/** Its floating-point modes have names; `affine`, the usual one, has only its bits. */
function mlxLabel(mlx: Json): string {
  const { mode } = mlx;
  return typeof mode === "string" && /^(mx|nv)fp[48]$/.test(mode) ? `MLX-${mode.toUpperCase()}` : `MLX${bits(mlx)}`;
}

function modelOptLabel(algorithm: unknown): string {
  return typeof algorithm === "string" && /^\w{1,24}$/.test(algorithm) ? algorithm.toUpperCase() : "MODELOPT";
}

/** compressed-tensors says it per group of layers; the first group stands for all. */
function compressedLabel(given: Json): string {
  const format = typeof given.format === "string" ? given.format : "";
  if (/nvfp4/i.test(format)) return "NVFP4";
  const weights = object(object(Object.values(object(given.config_groups))[0]).weights);
  const type = weights.type === "float" ? "FP" : "INT";
  return typeof weights.num_bits === "number" ? `${type}${weights.num_bits}` : "COMPRESSED-TENSORS";
}

/** Element types as the field calls them. */
const TYPES: Readonly<Record<string, string>> = {
  F8_E4M3: "FP8",
  F8_E5M2: "FP8",
  F16: "F16",
  BF16: "BF16",
  F32: "F32",
};

function plainLabel(bytes: BytesByType): string {
  const [main] = [...bytes].sort((a, b) => b[1] - a[1]);
  return main === undefined ? "BF16" : (TYPES[main[0]] ?? main[0]);
}
