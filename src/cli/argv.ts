import { allOptions, longFlag } from "./options.js";

const LONG_FORM: ReadonlyMap<string, string> = new Map(
  allOptions().flatMap((option) => (option.aliases ?? []).map((alias) => [alias, longFlag(option)] as const)),
);

/**
 * Rewrites llama.cpp's spellings, which no parser of single-letter short flags would understand:
 * `-ctk q8_0`, `-ctk=q8_0` and `-c=16k` become `--cache-type-k q8_0`, `--cache-type-k=q8_0` and `-c16k`.
 */
export function translateArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((argument, index) => {
    if (!argument.startsWith("-") || (end >= 0 && index >= end)) return argument;
    const equals = argument.indexOf("=");
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? "" : argument.slice(equals);
    if (value !== "" && /^-[a-z]$/.test(flag)) return flag + value.slice(1);
    const long = LONG_FORM.get(flag);
    return long === undefined ? argument : long + value;
  });
}
