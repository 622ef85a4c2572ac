import { draftExtra } from "../core/draft.js";
import { FitcheckError } from "../core/errors.js";
import type { Extra } from "../core/extras.js";
import type { Model } from "../core/model.js";
import type { Note } from "../core/note.js";
import { projectorExtra } from "../core/projector.js";
import { weighQuants } from "../core/weigh.js";
import { weightsOf } from "../runtimes/weights.js";
import { type Environment, expandHome } from "./environment.js";
import { huggingFaceToken } from "./gguf/hf-token.js";
import { publicName } from "./gguf/http-request.js";
import { readGgufFile, readGgufUrl } from "./gguf/read.js";
import { loadModel } from "./load-model.js";
import { projectorFromGguf } from "./projector.js";

/** What the user wants to run beside the model, as typed. */
export interface ExtraReferences {
  /** A projector's file or address. */
  readonly mmproj?: string | undefined;
  /** A draft model, in any form of reference. */
  readonly draft?: string | undefined;
}

/** Something beside the model, with how llama.cpp is told of it. */
export interface LoadedExtra extends Extra {
  readonly flags: readonly string[];
  readonly notes: readonly Note[];
}

/** What a draft comes in where it has several quantizations and none is named. */
const USUAL_QUANT = "Q4_K_M";
/** `SPEC_VOCAB_MAX_SIZE_DIFFERENCE`: vocabularies further apart are translated word by word. */
const VOCABULARY_SLACK = 128;

/**
 * Loads the projector and the draft that are named.
 *
 * @throws FitcheckError as `loadModel` does, and BAD_FILE for a projector that is none
 */
export async function loadExtras(
  { mmproj, draft }: ExtraReferences,
  model: Model,
  env: Environment,
): Promise<LoadedExtra[]> {
  return Promise.all([
    ...(mmproj === undefined ? [] : [loadProjector(mmproj, env)]),
    ...(draft === undefined ? [] : [loadDraft(draft, model, env)]),
  ]);
}

async function loadProjector(reference: string, env: Environment): Promise<LoadedExtra> {
  if (/^https?:\/\//i.test(reference)) {
    const header = await readGgufUrl(reference, { token: huggingFaceToken(env) });
    const name = publicName(reference);
    return { ...projectorExtra(projectorFromGguf(header, name)), flags: ["--mmproj-url", name], notes: header.notes };
  }
  const header = await readGgufFile(expandHome(reference, env));
  const projector = projectorFromGguf(header, reference);
  return { ...projectorExtra(projector), flags: ["--mmproj", reference], notes: header.notes };
}

async function loadDraft(reference: string, model: Model, env: Environment): Promise<LoadedExtra> {
  const draft = await loadModel(reference, { environment: env });
  if (draft.architecture.embedding) {
    throw new FitcheckError("BAD_VALUE", `--draft ${reference}: an embedding model drafts nothing`);
  }
  const offers = draft.quants.filter((offer) => offer.loadedBytes === undefined).map((offer) => offer.quant);
  const wanted = offers.length > 1 && offers.includes(USUAL_QUANT) ? USUAL_QUANT : offers[0];
  const [quant] = weighQuants(draft, wanted === undefined ? undefined : [wanted]);
  if (quant === undefined) throw new FitcheckError("BAD_VALUE", `--draft ${reference}: it comes in no quantization`);
  const [mine, its] = [model, draft].map(({ hyperparameters }) => hyperparameters.number("vocab_size", 0));
  const notes: Note[] = [...(draft.notes ?? []).filter(({ code }) => code === "FILE_INCOMPLETE")];
  if (Math.abs((mine ?? 0) - (its ?? 0)) > VOCABULARY_SLACK) {
    notes.push({ code: "DRAFT_VOCABULARY", args: { draft: draft.name, model: model.name } });
  }
  return { ...draftExtra(draft, quant), flags: draftFlags(draft, quant.quant), notes };
}

function draftFlags(draft: Model, quant: string): string[] {
  const weights = weightsOf(draft, quant);
  switch (weights.kind) {
    case "file":
      return ["-md", weights.path];
    case "repository":
      return ["-hfd", `${weights.repository}:${quant}`];
    case "unknown":
      return ["-md", weights.placeholder];
    case "url":
    case "ollama":
      return ["-md", "draft.gguf"];
  }
}
