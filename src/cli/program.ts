import { Command, CommanderError, Option } from "commander";
import { FitcheckError } from "../core/errors.js";
import { TOOL } from "../version.js";
import { translateArguments } from "./argv.js";
import type { CommandSpec } from "./commands/command.js";
import { COMMANDS } from "./commands/registry.js";
import type { Io } from "./io.js";
import { environmentName, flagKey, OPTION_GROUPS, type OptionSpec, type RawFlags } from "./options.js";

const EXAMPLES = `
Examples:
  fitcheck llama-3.1-8b                       every quantization on this machine
  fitcheck deepseek-r1-mistral-24b --ctx 16k --gpu "rtx 4090"
  fitcheck qwen3-32b -q Q4_K_M -c 4k,16k,64k  one row per context
  fitcheck ./model.gguf --json                a file, for a script
  fitcheck models coder                       search the catalog

Exit code: 0 something fits, 1 nothing does, 2 no answer.
Every option with a value also reads FITCHECK_<NAME>: FITCHECK_GPU="rtx 4090".`;

/** A command line, understood but not yet carried out. */
export interface Parsed {
  /** A reserved word, or undefined for the main job. */
  readonly command: CommandSpec | undefined;
  readonly words: readonly string[];
  readonly flags: RawFlags;
}

/**
 * Understands a command line.
 * @returns undefined when help or the version was asked for and has been written
 * @throws FitcheckError BAD_VALUE for whatever commander refuses
 */
export function parseCommandLine(io: Io): Parsed | undefined {
  let parsed: Parsed | undefined;
  const argv = translateArguments(io.argv);
  checkHelpTopic(argv);
  const program = createProgram(io, argv, (command, words) => {
    parsed = { command, words, flags: withEnvironment(program, io.env) };
  });
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === "commander.help") return undefined;
    throw usageError(error);
  }
  return parsed;
}

/** The help text, for a command line that asks nothing. */
export function helpText(io: Io): string {
  return createProgram(io, [], () => {}).helpInformation();
}

type Chosen = (command: CommandSpec | undefined, words: readonly string[]) => void;

function createProgram(io: Io, argv: readonly string[], chosen: Chosen): Command {
  const program = new Command("fitcheck");
  program
    .description("Which quantizations of a language model fit a GPU, at which context, and how fast.")
    .argument(
      "[model]",
      "catalog name, .gguf file or URL, hf:owner/name, ollama:name, lmstudio:name; with :QUANT for one",
    )
    .version(TOOL.version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      // Errors are thrown and worded in one place, run.ts.
      writeErr: () => {},
      getOutHelpWidth: () => io.columns ?? 100,
      getErrHelpWidth: () => io.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .action((model: string | undefined) => chosen(undefined, model === undefined ? [] : [model]));

  const forHelp = wantsHelp(argv);
  for (const group of OPTION_GROUPS) {
    for (const spec of group.options) {
      const option = new Option(commanderFlags(spec), spec.help);
      if (forHelp) option.helpGroup(group.title);
      program.addOption(option);
    }
  }
  for (const spec of Object.values(COMMANDS) as CommandSpec[]) {
    // Building all the commands for a line that names none of them would cost every start.
    if (!forHelp && !argv.includes(spec.name)) continue;
    program
      .command(`${spec.name} ${spec.arguments}`, { hidden: spec.hidden ?? false })
      .description(spec.summary)
      .addHelpText("after", "\nfitcheck --help lists the options, which hold here too.")
      .action((...args: unknown[]) => chosen(spec, args[0] as string[]));
  }
  if (forHelp) program.addHelpText("after", EXAMPLES).helpCommand("help [command]", "print the help of a command");
  return program;
}

/** commander answers `help` about nothing it knows with the help of everything. */
function checkHelpTopic([first, topic = "-"]: readonly string[]): void {
  if (first !== "help" || topic.startsWith("-")) return;
  if (Object.values(COMMANDS).some((spec) => spec.name === topic)) return;
  throw new FitcheckError("BAD_VALUE", `there is no command "${topic}"`, { hint: "fitcheck --help lists them." });
}

function wantsHelp(argv: readonly string[]): boolean {
  return argv.length === 0 || argv.some((word) => word === "-h" || word === "--help" || word === "help");
}

/** The options as given, and what the environment says of those that were not. */
function withEnvironment(program: Command, env: Io["env"]): RawFlags {
  const flags: Record<string, unknown> = { ...program.opts() };
  // An option typed here is nearer than any variable: --kv speaks for both of its halves.
  const settled = new Set<string>(flags["kv"] === undefined ? [] : ["cacheTypeK", "cacheTypeV"]);
  for (const { options } of OPTION_GROUPS) {
    for (const spec of options) {
      const value = spec.value === undefined ? undefined : env[environmentName(spec)];
      if (!value) continue;
      const key = flagKey(spec);
      if (flags[key] === undefined && !settled.has(key)) flags[key] = value;
    }
  }
  return flags as RawFlags;
}

/** `-c, --ctx <n>` */
function commanderFlags({ name, short, value }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
}

function usageError(error: CommanderError): FitcheckError {
  const [message = "", guess] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = /Did you mean (?:one of )?(.*)\?/.exec(guess ?? "")?.[1];
  return new FitcheckError("BAD_VALUE", message, {
    hint:
      error.code === "commander.excessArguments"
        ? "One model at a time; fitcheck compare takes several. Put a name with spaces in quotes."
        : "fitcheck --help lists the options.",
    suggestions: suggestion === undefined ? [] : suggestion.split(", "),
  });
}
