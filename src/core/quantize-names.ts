import { FitcheckError } from "./errors.js";
import { QUANT_IDS, type QuantId, RECIPES } from "./quantize-recipes.js";

/** Names llama-quantize accepts beside the canonical ones, and how other tools spell them. */
const ALIASES: Readonly<Record<string, QuantId>> = {
  MXFP4MOE: "MXFP4",
  Q3K: "Q3_K_M",
  Q4K: "Q4_K_M",
  Q5K: "Q5_K_M",
  FP16: "F16",
  FP32: "F32",
};

const BY_PLAIN_NAME: ReadonlyMap<string, QuantId> = new Map([
  ...QUANT_IDS.map((quant) => [plain(quant), quant] as const),
  ...Object.entries(ALIASES),
]);

/** `:q4_k_m`, `Q4-K-M` and `q4km` are the same. */
function plain(text: string): string {
  return text.replace(/[:_\-\s]/g, "").toUpperCase();
}

/** The quantization a user means, undefined when llama-quantize has none of that name. */
export function findQuant(text: string): QuantId | undefined {
  return BY_PLAIN_NAME.get(plain(text));
}

/**
 * The quantization a user means: `Q4_K_M`, `q4_k_m`, `:Q4_K_M`, `q4km`.
 * @throws FitcheckError BAD_VALUE with the nearest names
 */
export function parseQuant(text: string): QuantId {
  const quant = findQuant(text);
  if (quant) return quant;
  throw new FitcheckError("BAD_VALUE", `quantization "${text}" is not known`, { suggestions: nearest(text) });
}

/** Names that begin alike: for `Q4_X` those of four bits. */
function nearest(text: string): QuantId[] {
  const wanted = plain(text);
  for (let length = wanted.length - 1; length > 0; length--) {
    const alike = QUANT_IDS.filter((quant) => plain(quant).startsWith(wanted.slice(0, length)));
    if (alike.length > 0) return alike.slice(0, 5);
  }
  return [];
}

const BY_FILE_TYPE: ReadonlyMap<number, QuantId> = new Map(
  QUANT_IDS.map((quant) => [RECIPES[quant].fileType as number, quant]),
);

/** The quantization a GGUF names in `general.file_type` (`enum llama_ftype`). */
export function quantByFileType(fileType: number): QuantId | undefined {
  return BY_FILE_TYPE.get(fileType);
}
