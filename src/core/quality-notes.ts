import type { Note } from "./note.js";
import type { QuantReport } from "./report.js";
import type { Settings } from "./settings.js";

/** Below it, measurements of four-bit quantizations are worse than the labels promise (docs/quality.md). */
export const SMALL_PARAMETERS = 4e9;

/** Bits that the name of a quantization says: 4 for `Q4_K_M`, `IQ4_XS` and `UD-Q4_K_XL`; undefined where it says none. */
export function namedBits(quant: string): number | undefined {
  const bits = /(?:^|[-_])(?:I|T)?Q(\d)_/.exec(quant)?.[1] ?? /^MXFP(\d)/.exec(quant)?.[1];
  return bits === undefined ? undefined : Number(bits);
}

/** Warnings about quality that measurements give reason to. */
export function qualityNotes(
  model: { readonly parameters: number; readonly reasoning: boolean },
  quants: readonly QuantReport[],
  settings: Settings,
): Note[] {
  const notes: Note[] = [];
  const lossy = (quant: QuantReport): boolean => quant.quality !== undefined && quant.quality.basis !== "reference";
  const atMost = (bits: number): boolean =>
    quants.some((quant) => lossy(quant) && (namedBits(quant.quant) ?? 16) <= bits);
  if (model.parameters < SMALL_PARAMETERS && atMost(4)) {
    notes.push({ code: "SMALL_MODEL_FOUR_BITS", args: { parameters: model.parameters } });
  }
  if (model.reasoning && atMost(3)) notes.push({ code: "REASONING_THREE_BITS", args: {} });
  if (settings.cacheTypeK === "q4_0" || settings.cacheTypeV === "q4_0") {
    notes.push({ code: "CACHE_FOUR_BITS", args: {} });
  }
  return notes;
}
