/** One option of the command line: what help, parsing, the environment and completions know of it. */
export interface OptionSpec {
  /** Without the dashes: `cache-type-k`. */
  readonly name: string;
  /** A single letter, the only kind of short flag that commander knows. */
  readonly short?: string;
  /** What follows it, as help shows it; absent: nothing follows. */
  readonly value?: string;
  /** What it does, one line. */
  readonly help: string;
  /** llama.cpp's other spellings, translated before parsing. */
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
        name: "ctx",
        short: "c",
        value: "n",
        help: "context in tokens: 16384, 16k, max, or a list 4k,16k (default: 8192, or less where the model ends)",
        aliases: ["--ctx-size"],
      },
      {
        name: "quant",
        short: "q",
        value: "list",
        help: "only these quantizations, e.g. Q4_K_M,Q8_0 (default: all there are)",
      },
      { name: "gpu-needed", help: "ask the other way round: the smallest memory it needs, and the cards that have it" },
      {
        name: "task",
        value: "task",
        help: "with recommend: chat, code, reasoning, vision or embedding",
      },
      { name: "hardware", help: "instead list the cards that take each quantization whole, smallest first" },
      {
        name: "reasoning",
        value: "kind",
        help: "room for a thinking answer: chat, code or hard (default: code, for reasoning models)",
      },
      {
        name: "require",
        value: "verdict",
        help: "what counts as fitting for the exit code: full or partial (default: full)",
      },
    ],
  },
  {
    title: "Beside the model:",
    options: [
      {
        name: "mmproj",
        value: "file",
        help: "count the projector for images in, a file or an address, -mm",
        aliases: ["-mm"],
      },
      {
        name: "draft",
        value: "model",
        help: "count a draft model in, any form of <model>, -md",
        aliases: ["-md", "--model-draft"],
      },
    ],
  },
  {
    title: "Hardware (default: what this machine has):",
    options: [
      {
        name: "gpu",
        value: "spec",
        help: 'another GPU: "rtx 4090", 2x3090, "rtx 3090,rtx 3060 12gb", "m3 max 64gb", or none',
      },
      { name: "vram", value: "size", help: "its memory: 24GiB, 24G (= GiB), 24GB (= 10^9 bytes), or a list" },
      { name: "ram", value: "size", help: "memory of the host" },
      { name: "total", help: "judge against all of the memory instead of what is free now" },
      { name: "no-cache", help: "look for the hardware anew instead of using the answer of a moment ago" },
      {
        name: "margin",
        value: "size",
        help: "memory to leave free on each GPU (default: 1GiB)",
        aliases: ["--fit-target"],
      },
    ],
  },
  {
    title: "How it runs, as in llama.cpp:",
    options: [
      { name: "runtime", value: "id", help: "what runs the model (default: llama.cpp)" },
      {
        name: "kv",
        value: "type",
        help: "type of the cache, K and V: f32 f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0 iq4_nl (default: f16)",
      },
      { name: "cache-type-k", value: "type", help: "type of the K cache alone, -ctk", aliases: ["-ctk"] },
      { name: "cache-type-v", value: "type", help: "type of the V cache alone, -ctv", aliases: ["-ctv"] },
      {
        name: "parallel",
        value: "n",
        help: "sequences at once, -np; they share the context (default: 1)",
        aliases: ["-np"],
      },
      { name: "kv-unified", help: "one cache for all sequences, -kvu", aliases: ["-kvu"] },
      { name: "batch-size", short: "b", value: "n", help: "logical batch in tokens (default: 2048)" },
      { name: "ubatch-size", value: "n", help: "physical batch in tokens, -ub (default: 512)", aliases: ["-ub"] },
      { name: "flash-attn", value: "mode", help: "on, off or auto, -fa (default: auto)", aliases: ["-fa"] },
      { name: "swa-full", help: "keep the whole context in sliding-window layers" },
      { name: "all-logits", help: "reserve logits for every token of a batch, as llama-bench and most bindings do" },
      {
        name: "gpu-layers",
        value: "n",
        help: "layers on the GPU, -ngl: a number, all or auto (default: auto)",
        aliases: ["-ngl", "--n-gpu-layers"],
      },
      { name: "n-cpu-moe", value: "n", help: "layers whose experts stay on the CPU, -ncmoe", aliases: ["-ncmoe"] },
      {
        name: "override-tensor",
        value: "list",
        help: "weights that stay on the CPU by name, -ot: <pattern>=CPU",
        aliases: ["-ot"],
      },
      { name: "no-kv-offload", help: "keep the cache on the host, -nkvo", aliases: ["-nkvo"] },
      { name: "tensor-split", value: "list", help: "share of each GPU, -ts, e.g. 3,1", aliases: ["-ts"] },
    ],
  },
  {
    title: "Filters of fitcheck models (beside --task, and --ctx for the trained context):",
    options: [
      { name: "family", value: "name", help: "models of a family or a developer" },
      { name: "size", value: "range", help: "parameters in billions: 7..14, ..8, 30.." },
      { name: "license", value: "name", help: "a licence's name, or commercial for those that allow it" },
      { name: "fits", help: "only what fits whole, at four bits or more, on this hardware" },
    ],
  },
  {
    title: "Output:",
    options: [
      { name: "format", short: "f", value: "id", help: "table, json, csv or markdown (default: table)" },
      { name: "chart", help: "draw memory against context" },
      { name: "json", help: "the same as --format json" },
      { name: "exit-zero", help: "exit 0 even when nothing fits" },
      { name: "color", help: "colour even where stdout is not a terminal" },
      { name: "no-color", help: "no colour" },
      { name: "debug", help: "say on stderr what was found where, and show stack traces" },
    ],
  },
];

/** What commander makes of the options: strings as typed, absent when not given. */
export interface RawFlags {
  ctx?: string;
  quant?: string;
  gpuNeeded?: boolean;
  task?: string;
  hardware?: boolean;
  reasoning?: string;
  family?: string;
  size?: string;
  license?: string;
  fits?: boolean;
  require?: string;
  mmproj?: string;
  draft?: string;
  gpu?: string;
  vram?: string;
  ram?: string;
  total?: boolean;
  /** `--no-cache` makes it false. */
  cache?: boolean;
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
  overrideTensor?: string;
  /** `--no-kv-offload` makes it false. */
  kvOffload?: boolean;
  tensorSplit?: string;
  format?: string;
  chart?: boolean;
  json?: boolean;
  exitZero?: boolean;
  color?: boolean;
  debug?: boolean;
}

/** `FITCHECK_CACHE_TYPE_K` of `--cache-type-k`. */
export function environmentName(option: OptionSpec): string {
  return `FITCHECK_${option.name.replaceAll("-", "_").toUpperCase()}`;
}

/** `cacheTypeK` of `cache-type-k`, as commander names what it parsed. */
export function flagKey(option: OptionSpec): string {
  const [first = "", ...rest] = option.name.split("-");
  return first + rest.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
}
