/** One option of the command line: what help, parsing, the environment and completions know of it. */
export interface OptionSpec {
  /** As commander spells it: `-c, --ctx <n>`. */
  readonly flags: string;
  /** What it does, one line. */
  readonly help: string;
  /** llama.cpp's other spellings, translated before parsing because they are no valid short flags here. */
  readonly aliases?: readonly string[];
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly OptionSpec[];
}

/** Every option, in the order of the help text. llama.cpp's spelling where it has one. */
export const OPTION_GROUPS: readonly OptionGroup[] = [
  {
    title: "What to ask:",
    options: [
      {
        flags: "-c, --ctx <n>",
        help: "context in tokens: 16384, 16k, max, or a list 4k,16k (default: 8192, or less where the model ends)",
        aliases: ["--ctx-size"],
      },
      { flags: "-q, --quant <list>", help: "only these quantizations, e.g. Q4_K_M,Q8_0 (default: all there are)" },
      {
        flags: "--require <verdict>",
        help: "what counts as fitting for the exit code: full or partial (default: full)",
      },
    ],
  },
  {
    title: "Hardware (default: what this machine has):",
    options: [
      {
        flags: "--gpu <spec>",
        help: 'another GPU: "rtx 4090", 2x3090, "rtx 3090,rtx 3060 12gb", "m3 max 64gb", or none',
      },
      { flags: "--vram <size>", help: "its memory: 24GiB, 24G (= GiB), 24GB (= 10^9 bytes), or a list" },
      { flags: "--ram <size>", help: "memory of the host" },
      { flags: "--total", help: "judge against all of the memory instead of what is free now" },
      { flags: "--margin <size>", help: "memory to leave free on each GPU (default: 1GiB)", aliases: ["--fit-target"] },
    ],
  },
  {
    title: "How it runs, as in llama.cpp:",
    options: [
      { flags: "--runtime <id>", help: "what runs the model (default: llama.cpp)" },
      {
        flags: "--kv <type>",
        help: "type of the cache, K and V: f32 f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0 iq4_nl (default: f16)",
      },
      { flags: "--cache-type-k <type>", help: "type of the K cache alone, -ctk", aliases: ["-ctk"] },
      { flags: "--cache-type-v <type>", help: "type of the V cache alone, -ctv", aliases: ["-ctv"] },
      {
        flags: "--parallel <n>",
        help: "sequences at once, -np; they share the context (default: 1)",
        aliases: ["-np"],
      },
      { flags: "--kv-unified", help: "one cache for all sequences, -kvu", aliases: ["-kvu"] },
      { flags: "-b, --batch-size <n>", help: "logical batch in tokens (default: 2048)" },
      { flags: "--ubatch-size <n>", help: "physical batch in tokens, -ub (default: 512)", aliases: ["-ub"] },
      { flags: "--flash-attn <mode>", help: "on, off or auto, -fa (default: auto)", aliases: ["-fa"] },
      { flags: "--swa-full", help: "keep the whole context in sliding-window layers" },
      { flags: "--all-logits", help: "reserve logits for every token of a batch, as llama-bench and most bindings do" },
      {
        flags: "--gpu-layers <n>",
        help: "layers on the GPU, -ngl: a number, all or auto (default: auto)",
        aliases: ["-ngl", "--n-gpu-layers"],
      },
      { flags: "--n-cpu-moe <n>", help: "layers whose experts stay on the CPU, -ncmoe", aliases: ["-ncmoe"] },
      { flags: "--no-kv-offload", help: "keep the cache on the host, -nkvo", aliases: ["-nkvo"] },
      { flags: "--tensor-split <list>", help: "share of each GPU, -ts, e.g. 3,1", aliases: ["-ts"] },
    ],
  },
  {
    title: "Output:",
    options: [
      { flags: "-f, --format <id>", help: "table, json, csv or markdown (default: table)" },
      { flags: "--json", help: "the same as --format json" },
      { flags: "--exit-zero", help: "exit 0 even when nothing fits" },
      { flags: "--color", help: "colour even where stdout is not a terminal" },
      { flags: "--no-color", help: "no colour" },
      { flags: "--debug", help: "say on stderr what was found where, and show stack traces" },
    ],
  },
];

/** What commander makes of the options: strings as typed, absent when not given. */
export interface RawFlags {
  ctx?: string;
  quant?: string;
  require?: string;
  gpu?: string;
  vram?: string;
  ram?: string;
  total?: boolean;
  margin?: string;
  runtime?: string;
  kv?: string;
  cacheTypeK?: string;
  cacheTypeV?: string;
  parallel?: string;
  kvUnified?: boolean;
  batchSize?: string;
  ubatchSize?: string;
  flashAttn?: string;
  swaFull?: boolean;
  allLogits?: boolean;
  gpuLayers?: string;
  nCpuMoe?: string;
  /** `--no-kv-offload` makes it false. */
  kvOffload?: boolean;
  tensorSplit?: string;
  format?: string;
  json?: boolean;
  exitZero?: boolean;
  color?: boolean;
  debug?: boolean;
}

export function allOptions(): OptionSpec[] {
  return OPTION_GROUPS.flatMap((group) => group.options);
}

/** `--cache-type-k` of `-c, --cache-type-k <type>`. */
export function longFlag(option: OptionSpec): string {
  return /--[a-z-]+/.exec(option.flags)?.[0] ?? option.flags;
}

/** True when the option is followed by a value. */
export function takesValue(option: OptionSpec): boolean {
  return option.flags.endsWith(">");
}

/** `FITCHECK_CACHE_TYPE_K` of `--cache-type-k <type>`. */
export function environmentName(option: OptionSpec): string {
  return `FITCHECK_${longFlag(option).slice(2).replaceAll("-", "_").toUpperCase()}`;
}
