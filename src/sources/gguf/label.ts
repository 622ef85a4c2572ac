import { tensorBytes } from "../../core/ggml.js";
import type { TypedTensor } from "../../core/model.js";
import { findQuant, quantByFileType } from "../../core/quantize-names.js";
import { quantName } from "../quant-name.js";
import type { GgufHeader } from "./header.js";
import { withoutPart } from "./split.js";

/**
 * What a file's quantization is called: by its name, which knows variants (`UD-Q4_K_XL`, `Q4_K_L`) that the header
 * does not; by its header; or by the type that most of its bytes have.
 */
export function quantLabel(header: GgufHeader, place: string): string {
  const { fileType } = header.general;
  return (
    labelInName(place) ?? (fileType === undefined ? undefined : quantByFileType(fileType)) ?? mainType(header.tensors)
  );
}

/** `model-UD-Q4_K_XL-00001-of-00002.gguf` -> `UD-Q4_K_XL`. The last part that is a quantization counts. */
export function labelInName(place: string): string | undefined {
  const file = withoutPart(place.split(/[?#]/, 1)[0] as string)
    .replace(/^.*[/\\]/s, "")
    .replace(/\.gguf$/i, "");
  const words = file.split(/[.-]/);
  for (let i = words.length - 1; i >= 0; i--) {
    const word = words[i] as string;
    const dynamic = words[i - 1]?.toUpperCase() === "UD" ? quantName(`UD-${word}`) : undefined;
    const label = dynamic ?? quantName(word) ?? afterUnderscore(word);
    if (label) return findQuant(label) ?? label;
  }
  return undefined;
}

/** Some put an underscore before it: `llama_7b_q4_0`. */
function afterUnderscore(word: string): string | undefined {
  for (let at = word.indexOf("_"); at >= 0; at = word.indexOf("_", at + 1)) {
    const label = quantName(word.slice(at + 1));
    if (label) return label;
  }
  return undefined;
}

function mainType(tensors: readonly TypedTensor[]): string {
  const bytes = new Map<string, number>();
  for (const { type, shape } of tensors) bytes.set(type, (bytes.get(type) ?? 0) + tensorBytes(type, shape));
  const [main] = [...bytes].sort((a, b) => b[1] - a[1]);
  return (main?.[0] ?? "unknown").toUpperCase();
}
