import type { ReasoningAdvice, ReasoningKind, TokenRange } from "../core/reasoning.js";
import { grouped, plain } from "./format.js";

type Args = Readonly<Record<string, string | number>>;

const KINDS: Readonly<Record<ReasoningKind, string>> = {
  chat: "in a chat",
  code: "with code and everyday maths",
  hard: "with hard maths and science",
};

/** What thinking takes, in a few sentences. */
export function reasoningWords(advice: ReasoningAdvice): string {
  const { budgetTokens, kind, contextLength, promptTokens, waitSeconds, quant } = advice;
  const parts = [
    `Thinking: an answer takes ${grouped(budgetTokens.low)} to ${grouped(budgetTokens.high)} tokens ${KINDS[kind]}.`,
    `With ${grouped(promptTokens)} of prompt, ask for --ctx ${contextLength}.`,
  ];
  if (waitSeconds !== undefined && quant !== undefined) {
    parts.push(`The wait with ${plain(quant)}: ${wait(waitSeconds)}.`);
  }
  return parts.join(" ");
}

function wait({ low, high }: TokenRange): string {
  const minutes = high >= 120;
  const unit = minutes ? 60 : 1;
  const digits = minutes && high < 600 ? 1 : 0;
  return `${(low / unit).toFixed(digits)} to ${(high / unit).toFixed(digits)} ${minutes ? "minutes" : "seconds"}`;
}

const tokens = (args: Args, name: string): string => grouped(Number(args[name] ?? 0));

export const reasoningNotes: Readonly<Record<string, (args: Args) => string>> = {
  REASONING_ABOVE_TRAINED: (args) =>
    `Prompt and thinking may take ${tokens(args, "neededTokens")} tokens, more than the ${tokens(args, "trained")} the model was trained for; a cut chain of thought is worse than none.`,
  REASONING_DOES_NOT_FIT: (args) =>
    `Prompt and thinking may take ${tokens(args, "neededTokens")} tokens, and ${plain(String(args["quant"] ?? ""))} fits with ${tokens(args, "fitting")} only; a cut chain of thought is worse than none. Take a smaller quantization or q8_0 for the cache.`,
  REASONING_CONTEXT_SHORT: (args) =>
    `Prompt and thinking may take ${tokens(args, "neededTokens")} tokens, more than the context of ${tokens(args, "given")}: ask for --ctx ${String(args["contextLength"] ?? "")}.`,
};
