import { FitcheckError } from "../core/errors.js";
import { isReasoningKind } from "../core/reasoning.js";
import { OPTION_GROUPS, type OptionSpec } from "./options.js";

/**
 * Rewrites llama.cpp's spellings, which no parser of single-letter short flags would understand:
 * `-ctk q8_0`, `-ctk=q8_0` and `-c=16k` become `--cache-type-k q8_0`, `--cache-type-k=q8_0` and `-c16k`.
 */
export function translateArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const translated = argv.map((argument, index) =>
    argument.startsWith("-") && (end < 0 || index < end) ? translate(argument, argv[index + 1]) : argument,
  );
  refuseUnclear(end < 0 ? translated : translated.slice(0, end));
  return translated;
}

/** Options that describe several devices as one list: a second one would replace the first, not add to it. */
const LISTS = ["--gpu", "--vram"];

/** What the parser would take for something else than was meant. @throws FitcheckError BAD_VALUE */
function refuseUnclear(argv: readonly string[]): void {
  for (const flag of LISTS) {
    if (argv.filter((argument) => argument === flag || argument.startsWith(`${flag}=`)).length < 2) continue;
    const example = flag === "--gpu" ? '"rtx 3090,rtx 3060 12gb"' : "24G,12G";
    throw new FitcheckError("BAD_VALUE", `${flag} is given twice`, {
      hint: `Several go into one list: ${flag} ${example}`,
    });
  }
  // `-fa -q Q4_K_M`: the next option is not the value.
  argv.forEach((argument, index) => {
    const next = argv[index + 1];
    if (!argument.startsWith("-") || !next?.startsWith("-")) return;
    if (optionOf(argument)?.value === undefined || optionOf(next) === undefined) return;
    throw new FitcheckError("BAD_VALUE", `${argument} needs a value, and ${next} is another option`, {
      hint: "fitcheck --help lists the options.",
    });
  });
}

function optionOf(flag: string): OptionSpec | undefined {
  for (const { options } of OPTION_GROUPS) {
    for (const option of options) {
      if (flag === `--${option.name}` || (option.short !== undefined && flag === `-${option.short}`)) return option;
    }
  }
  return undefined;
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
