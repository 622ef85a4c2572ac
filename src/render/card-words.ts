import type { CommercialUse, ModelCard } from "../core/card.js";
import type { Side, Trait } from "../core/traits.js";
import { gib, grouped, parameterCount, plain } from "./format.js";

type Args = Trait["args"];

const memory = (args: Args, name: string): string => `${gib(Number(args[name] ?? 0))} GiB`;
const tokens = (args: Args, name: string): string => grouped(Number(args[name] ?? 0));
const count = (args: Args, name: string): string => parameterCount(Number(args[name] ?? 0));

/** What follows from the facts of a model, in words. */
const TRAITS: Readonly<Record<string, (args: Args) => string>> = {
  CACHE_SMALL: (args) => `A small cache: ${memory(args, "cacheBytes")} at ${tokens(args, "tokens")} tokens in F16`,
  CACHE_LARGE: (args) => `A large cache: ${memory(args, "cacheBytes")} at ${tokens(args, "tokens")} tokens in F16`,
  FEW_ACTIVE: (args) =>
    `${count(args, "activeParameters")} of ${count(args, "parameters")} parameters are active per token: it answers faster than a dense model of its size`,
  ALL_EXPERTS_IN_MEMORY: (args) =>
    `Memory: all ${count(args, "parameters")} parameters have to be loaded, however few are active`,
  SHORT_CONTEXT: (args) => `Trained for ${tokens(args, "contextLength")} tokens only`,
  SMALL_MODEL: (args) => `${count(args, "parameters")} parameters: check what it says`,
  BASE_MODEL: () => "Asking it questions: a base model continues text and has no chat template to rely on",
  THINK_BLOCKS: () => "Clients that do not tell thinking from answer: the chain of thought ends up in front of users",
  SHORT_OUTPUT_LIMIT: () => "A small limit of output tokens: thinking takes thousands (fitcheck <model> --reasoning)",
  EMBEDDINGS_ARE_NO_CHAT: () => "Asking it questions: it turns text into vectors and answers nothing",
  NOT_COMMERCIAL: () => "The licence forbids commercial use",
};

/** What a card says on one side: the prose first, then what follows from the facts and was not said. */
export function sideLines(card: ModelCard, side: Side): string[] {
  const written = (card.prose[side] ?? []).map(plain);
  const said = Object.values(card.prose).flat();
  const derived = card.traits
    .filter((trait) => trait.side === side && !isSaid(trait.code, said))
    .map((trait) => TRAITS[trait.code]?.(trait.args) ?? trait.code);
  return [...written, ...derived];
}

/** Words by which prose has already said what a trait would. */
const SAID: Readonly<Record<string, RegExp>> = {
  ALL_EXPERTS_IN_MEMORY: /all (experts|of \w+ parameters) have to be in memory/i,
  BASE_MODEL: /base models/i,
  THINK_BLOCKS: /think/i,
  SHORT_OUTPUT_LIMIT: /output tokens/i,
  SHORT_CONTEXT: /context of [\d,]+ tokens/i,
  NOT_COMMERCIAL: /licence/i,
  SMALL_MODEL: /^small:/i,
  FEW_ACTIVE: /active/i,
};

function isSaid(code: string, written: readonly string[]): boolean {
  return written.some((line) => SAID[code]?.test(line));
}

const COMMERCIAL: Readonly<Record<CommercialUse, string>> = {
  yes: "allowed",
  no: "not allowed",
  conditions: "allowed with conditions: read the licence",
  unknown: "unknown: no source for it is in the catalog",
};

export function commercialWords(use: CommercialUse): string {
  return COMMERCIAL[use];
}

const TASKS: Readonly<Record<string, string>> = {
  embedding: "text embedding model",
  rerank: "ranking model",
  vision: "vision model",
  code: "code model",
  math: "mathematics model",
  reasoning: "reasoning model",
  chat: "chat model",
  base: "base model",
};

/** `A 23.6B dense reasoning model by Mistral AI.` */
export function kindWords({ model }: ModelCard): string {
  const active = model.activeParameters;
  const shape = active === undefined ? "dense " : "mixture-of-experts ";
  const size =
    active === undefined
      ? parameterCount(model.parameters)
      : `${parameterCount(model.parameters)} (${parameterCount(active)} active)`;
  const task = ["base", ...Object.keys(TASKS)].find((tag) => model.tags.includes(tag));
  const by =
    model.developer === undefined ? "" : ` by ${plain(model.developer).replace(/^Community$/, "the community")}`;
  return `${size} ${shape}${task === undefined ? "model" : TASKS[task]}${by}`;
}
