import { isReasoningKind } from "../core/reasoning.js";
import { OPTION_GROUPS } from "./options.js";

/**
 * Rewrites llama.cpp's spellings, which no parser of single-letter short flags would understand:
 * `-ctk q8_0`, `-ctk=q8_0` and `-c=16k` become `--cache-type-k q8_0`, `--cache-type-k=q8_0` and `-c16k`.
 */
export function translateArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((argument, index) =>
    argument.startsWith("-") && (end < 0 || index < end) ? translate(argument, argv[index + 1]) : argument,
  );
}

function translate(argument: string, next: string | undefined): string {
  // Its value may be left out, and a model's name that follows is none.
  if (argument === "--reasoning" && !isReasoningKind(next)) return "--reasoning=code";
  const equals = argument.indexOf("=");
  const flag = equals < 0 ? argument : argument.slice(0, equals);
  const value = equals < 0 ? "" : argument.slice(equals);
  if (value !== "" && flag.length === 2) return flag + value.slice(1);
  for (const group of OPTION_GROUPS) {
    for (const option of group.options) {
      if (option.aliases?.includes(flag)) return `--${option.name}${value}`;
    }
  }
  return argument;
}
