import type { Note } from "./note.js";

/** Where a card says it. */
export type Side = "strengths" | "limitations" | "breaksFirst" | "mistakes";

/** Something that follows from what a model is: a stable code for `render/` to word. */
export interface Trait extends Note {
  readonly side: Side;
}

export interface TraitFacts {
  readonly parameters: number;
  readonly activeParameters?: number;
  readonly contextLength: number;
  readonly tags: readonly string[];
  readonly commercial?: "yes" | "no" | "conditions";
  /** Bytes of F16 cache that the tokens of `cacheTokens` take, with everything on one GPU. */
  readonly cacheBytes: number;
  readonly cacheTokens: number;
  readonly fileBytes: number;
}

/** Below it a context is short for documents and long chats. */
const SHORT_CONTEXT = 8192;
/** Below it, knowledge is thin, whatever the training. */
const SMALL_PARAMETERS = 2e9;
/** Cache at 16,384 tokens against the four-bit weights: from here it decides what fits, below there it hardly counts. */
const LARGE_CACHE = 0.6;
const SMALL_CACHE = 0.03;

/** Strengths, limitations and pitfalls that can be told from the facts alone. */
export function traitsOf(facts: TraitFacts): Trait[] {
  const { tags, contextLength, parameters, activeParameters } = facts;
  const traits: Trait[] = [];
  const say = (side: Side, code: string, args: Note["args"] = {}): void => {
    traits.push({ side, code, args });
  };
  const share = facts.fileBytes === 0 ? 0 : facts.cacheBytes / facts.fileBytes;
  const args = { cacheBytes: facts.cacheBytes, tokens: facts.cacheTokens };
  if (facts.cacheBytes > 0 && share <= SMALL_CACHE) say("strengths", "CACHE_SMALL", args);
  if (share >= LARGE_CACHE) say("limitations", "CACHE_LARGE", args);
  if (activeParameters !== undefined && activeParameters < parameters / 2) {
    say("strengths", "FEW_ACTIVE", { activeParameters, parameters });
    say("breaksFirst", "ALL_EXPERTS_IN_MEMORY", { parameters });
  }
  if (contextLength < SHORT_CONTEXT && !tags.includes("embedding")) {
    say("limitations", "SHORT_CONTEXT", { contextLength });
  }
  if (parameters < SMALL_PARAMETERS && !tags.includes("embedding") && !tags.includes("rerank")) {
    say("limitations", "SMALL_MODEL", { parameters });
  }
  if (tags.includes("base")) say("mistakes", "BASE_MODEL");
  if (tags.includes("reasoning")) {
    say("breaksFirst", "THINK_BLOCKS");
    say("mistakes", "SHORT_OUTPUT_LIMIT");
  }
  if (tags.includes("embedding")) say("mistakes", "EMBEDDINGS_ARE_NO_CHAT");
  if (facts.commercial === "no") say("limitations", "NOT_COMMERCIAL");
  return traits;
}
