import type { BytesByType } from "./header.js";

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function bits(config: Json): string {
  const value = config.bits ?? config.w_bit ?? config.num_bits;
  return typeof value === "number" ? `-${value}BIT` : "";
}

/**
 * What a checkpoint's quantization is called, from `quantization_config` (or MLX's `quantization`) of its config.json:
 * `FP8`, `AWQ-4BIT`, `GPTQ-4BIT`, `NVFP4`, `MXFP4`, `BNB-4BIT`, `MLX-4BIT`. Without one, the type most of it has.
 */
export function checkpointLabel(config: unknown, bytes: BytesByType): string {
  const json = object(config);
  const mlx = object(json.quantization);
  const given = object(json.quantization_config ?? object(json.text_config).quantization_config);
  const method = typeof given.quant_method === "string" ? given.quant_method.toLowerCase() : "";
  if (typeof mlx.bits === "number" && method === "") return `MLX${bits(mlx)}`;
  switch (method) {
    case "":
      return plainLabel(bytes);
    case "fp8":
    case "fbgemm_fp8":
      return "FP8";
    case "bitsandbytes":
      return given.load_in_8bit === true ? "BNB-8BIT" : "BNB-4BIT";
    case "modelopt":
      return String(given.quant_algo ?? "MODELOPT").toUpperCase();
    case "compressed-tensors":
      return compressedLabel(given);
    default:
      return `${method.toUpperCase()}${method === "mxfp4" ? "" : bits(given)}`;
  }
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
