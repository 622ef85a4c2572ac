import type { Note } from "./note.js";
import type { FitReport, QuantReport } from "./report.js";
import type { Settings } from "./settings.js";

/** How hard the questions are. */
export type ReasoningKind = "chat" | "code" | "hard";

const KINDS: readonly ReasoningKind[] = ["chat", "code", "hard"];

export function isReasoningKind(text: string | undefined): text is ReasoningKind {
  return KINDS.some((kind) => kind === text);
}

export interface TokenRange {
  readonly low: number;
  readonly high: number;
}

/** What a thinking answer takes, and whether there is room and patience for it. */
export interface ReasoningAdvice {
  readonly kind: ReasoningKind;
  /** Nobody asked: the model is known to think. */
  readonly automatic: boolean;
  /** Tokens of one answer, thinking included. */
  readonly budgetTokens: TokenRange;
  /** Tokens assumed for the question and what it comes with. */
  readonly promptTokens: number;
  /** The context to ask for: prompt and largest budget, for every sequence. */
  readonly contextLength: number;
  /** The quantization the wait is told for. */
  readonly quant?: string;
  /** Until the answer is complete, at the expected speed. */
  readonly waitSeconds?: TokenRange;
  readonly sources: readonly string[];
}

/** Published figures, rounded to ranges: docs/cards.md names each. */
const BUDGETS: Readonly<Record<ReasoningKind, { readonly tokens: TokenRange; readonly sources: readonly string[] }>> = {
  chat: {
    tokens: { low: 1000, high: 3000 },
    sources: ["Qwen3.6-27B on HumanEval+: 2,902 tokens (github.com/noonghunna/club-3090)"],
  },
  code: {
    tokens: { low: 3000, high: 8000 },
    sources: [
      "Qwen3.6-27B on LiveCodeBench v6: 6,662 tokens (github.com/noonghunna/club-3090)",
      "Qwen3 14B on GPQA: 4,639 tokens (mpcs.sci.am, 903)",
    ],
  },
  hard: {
    tokens: { low: 12_000, high: 25_000 },
    sources: [
      "DeepSeek R1 and R1-0528 on AIME: 12k and 23k tokens (huggingface.co/deepseek-ai/DeepSeek-R1-0528)",
      "Qwen3 0.6B on GPQA: 14,566 tokens (mpcs.sci.am, 903)",
    ],
  },
};

/** Small models think longer: Qwen3 0.6B took three times the tokens of 14B on the same questions. */
const SMALL_PARAMETERS = 4e9;
const SMALL_FACTOR = 1.5;
/** A question with some text to it; longer prompts ask for more context by as much. */
const PROMPT_TOKENS = 2048;
/** Contexts are asked for in steps that are easily said. */
const STEP = 1024;

export interface ReasoningRequest {
  readonly kind: ReasoningKind;
  readonly automatic: boolean;
}

/** A report with what thinking takes: of the recommended quantization, else of the first. */
export function withReasoning(report: FitReport, request: ReasoningRequest): FitReport {
  const { settings, model } = report;
  const row = report.quants.find(({ quant }) => quant === report.recommended?.quant);
  const reasoning = adviseReasoning(request, model.parameters, settings, row);
  const notes = reasoningNotes(reasoning, settings, model.contextLength, row);
  return { ...report, reasoning, notes: [...report.notes, ...notes] };
}

/** The tokens a thinking answer takes, the context for it, and the wait for it with one quantization. */
export function adviseReasoning(
  { kind, automatic }: ReasoningRequest,
  parameters: number,
  settings: Settings,
  row: QuantReport | undefined,
): ReasoningAdvice {
  const { tokens, sources } = BUDGETS[kind];
  const factor = parameters < SMALL_PARAMETERS ? SMALL_FACTOR : 1;
  const budgetTokens = { low: tokens.low * factor, high: tokens.high * factor };
  const perSequence = Math.ceil((PROMPT_TOKENS + budgetTokens.high) / STEP) * STEP;
  const sequences = settings.kvUnified ? 1 : settings.parallel;
  const speed = row?.speed?.decodeTokensPerSecond.expected;
  return {
    kind,
    automatic,
    budgetTokens,
    promptTokens: PROMPT_TOKENS,
    contextLength: perSequence * sequences,
    ...(row ? { quant: row.quant } : {}),
    ...(speed ? { waitSeconds: { low: budgetTokens.low / speed, high: budgetTokens.high / speed } } : {}),
    sources,
  };
}

/** Where prompt and budget are more than the context that fits, or than the one that is asked for. */
export function reasoningNotes(
  advice: ReasoningAdvice,
  settings: Settings,
  trained: number,
  row: QuantReport | undefined,
): Note[] {
  const sequences = settings.kvUnified ? 1 : settings.parallel;
  const needed = advice.promptTokens + advice.budgetTokens.high;
  const fitting = (row?.maxContextLength ?? 0) / sequences;
  const args = { neededTokens: needed, contextLength: advice.contextLength };
  if (needed > trained) return [{ code: "REASONING_ABOVE_TRAINED", args: { ...args, trained } }];
  if (row && fitting > 0 && needed > fitting) {
    return [{ code: "REASONING_DOES_NOT_FIT", args: { ...args, quant: row.quant, fitting: row.maxContextLength } }];
  }
  const given = settings.contextLength / sequences;
  return needed > given ? [{ code: "REASONING_CONTEXT_SHORT", args: { ...args, given: settings.contextLength } }] : [];
}
