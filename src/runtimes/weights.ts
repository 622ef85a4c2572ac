import type { Model } from "../core/model.js";
import type { QuantReport } from "../core/report.js";

/** Where a runtime gets the weights of one quantization. */
export type Weights =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  /** A repository of GGUF files on Hugging Face. */
  | { readonly kind: "repository"; readonly repository: string }
  /** A model in Ollama's own store or library. */
  | { readonly kind: "ollama"; readonly name: string }
  /** No file is known: the user has to fill in one. */
  | { readonly kind: "unknown"; readonly placeholder: string };

/** The catalog's fields that say where a model is published. */
interface Published {
  readonly repositories?: { readonly gguf?: readonly string[]; readonly huggingFace?: string };
  readonly files?: { readonly repository?: string; readonly bytes?: Readonly<Record<string, number>> };
}

/** Where to get `model` in this quantization, as far as the model itself says. */
export function weightsOf(model: Model, quant: string): Weights {
  const rest = model.id.slice(model.id.indexOf(":") + 1);
  const path = model.quants.find((offer) => offer.quant === quant)?.path;
  if (path !== undefined) return { kind: "file", path };
  switch (model.source) {
    case "gguf":
      // Whatever its name ends in.
      return { kind: "file", path: model.id };
    case "lmstudio":
      return /\.gguf$/i.test(model.id) ? { kind: "file", path: model.id } : unknown(model, quant);
    case "url":
      return { kind: "url", url: model.id };
    case "hugging-face":
    case "llama.cpp-cache":
      return isGguf(model) ? { kind: "repository", repository: withoutQuant(rest, quant) } : unknown(model, quant);
    case "ollama":
      return { kind: "ollama", name: rest };
    case "folder":
      return unknown(model, quant);
    case "catalog":
      return publishedWeights(model, quant);
  }
}

function publishedWeights(model: Model, quant: string): Weights {
  const card = model.card as Published | undefined;
  // A repository whose list of files is known either has this quantization or does not.
  if (card?.files?.repository !== undefined) {
    if (card.files.bytes?.[quant] !== undefined) return { kind: "repository", repository: card.files.repository };
  }
  const other = card?.repositories?.gguf?.find((repository) => repository !== card.files?.repository);
  return other === undefined ? unknown(model, quant) : { kind: "repository", repository: other };
}

/** Quantizations that are the published weights themselves. */
const PUBLISHED_TYPES: readonly string[] = ["BF16", "F16", "F32"];

/** Where these weights lie in safetensors: the repository or folder that was named, or where a model was published. */
export function checkpointOf(model: Model, quant: Pick<QuantReport, "quant" | "format">): string | undefined {
  if (quant.format === "safetensors") return model.source === "folder" ? model.id : model.id.replace(/^hf:/, "");
  if (model.source !== "catalog" || !PUBLISHED_TYPES.includes(quant.quant)) return undefined;
  return (model.card as Published | undefined)?.repositories?.huggingFace;
}

/** Do the files themselves say how they are quantized? */
function isGguf(model: Model): boolean {
  return model.quants.some((offer) => offer.fileSource !== undefined && offer.loadedBytes === undefined);
}

function withoutQuant(reference: string, quant: string): string {
  return reference.endsWith(`:${quant}`) ? reference.slice(0, -quant.length - 1) : reference;
}

function unknown(model: Model, quant: string): Weights {
  const stem = (model.id.split(/[/\\:]/).at(-1) ?? "").replace(/\.gguf$/i, "") || "model";
  return { kind: "unknown", placeholder: `${stem}-${quant}.gguf` };
}
