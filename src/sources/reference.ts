import { FitcheckError } from "../core/errors.js";
import { quantName } from "./quant-name.js";

/** What a `<model>` on the command line points to. */
export type ModelReference =
  | { readonly kind: "catalog"; readonly name: string; readonly quant?: string }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "hugging-face"; readonly repository: string; readonly quant?: string }
  | { readonly kind: "ollama"; readonly name: string }
  | { readonly kind: "lmstudio"; readonly name: string };

/**
 * Splits `name:QUANT`. A suffix that is no quantization's name belongs to the name (`deepseek-r1:8b`).
 */
export function splitQuant(text: string): { readonly name: string; readonly quant?: string } {
  const colon = text.lastIndexOf(":");
  if (colon <= 0) return { name: text };
  const quant = quantName(text.slice(colon + 1));
  return quant === undefined ? { name: text } : { name: text.slice(0, colon), quant };
}

function looksLikePath(text: string): boolean {
  return (
    /\.(gguf|safetensors)$/i.test(text) ||
    /^(\.{1,2}|~)?[/\\]/.test(text) ||
    /^[a-z]:[/\\]/i.test(text) ||
    text === "." ||
    text === ".."
  );
}

/**
 * What kind of thing is meant, from the text alone: nothing is looked up.
 *
 * @throws FitcheckError BAD_VALUE for an empty reference
 */
export function parseReference(text: string): ModelReference {
  const trimmed = text.trim();
  if (trimmed === "") {
    throw new FitcheckError("BAD_VALUE", "the model's name is empty", { hint: "fitcheck models lists the known ones" });
  }
  if (/^https?:\/\//i.test(trimmed)) return { kind: "url", url: trimmed };
  const scheme = /^(hf|ollama|lmstudio):(.*)$/is.exec(trimmed);
  if (scheme !== null) return parseScheme(scheme[1]?.toLowerCase() ?? "", scheme[2] ?? "");
  if (looksLikePath(trimmed)) return { kind: "path", path: trimmed };
  return { kind: "catalog", ...splitQuant(trimmed) };
}

function parseScheme(scheme: string, rest: string): ModelReference {
  if (scheme === "ollama") return { kind: "ollama", name: rest };
  if (scheme === "lmstudio") return { kind: "lmstudio", name: rest };
  const { name, quant } = splitQuant(rest);
  if (!/^[\w.-]+\/[\w.-]+$/.test(name) || name.split("/").some((part) => part === "." || part === "..")) {
    throw new FitcheckError("BAD_VALUE", `"hf:${rest}" names no repository`, {
      hint: "hf:organisation/name, with :QUANT if wanted",
    });
  }
  return { kind: "hugging-face", repository: name, ...(quant === undefined ? {} : { quant }) };
}
