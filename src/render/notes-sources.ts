import { gb, gib, grouped, plain } from "./format.js";

type Args = Readonly<Record<string, string | number>>;

const text = (args: Args, key: string): string => plain(String(args[key] ?? ""));
const size = (args: Args, key: string): string => `${gib(Number(args[key] ?? 0))} GiB`;

/** The notes of `sources/` in words: where a model's figures come from, and what else lies beside it. */
export const sourceNotes: Readonly<Record<string, (args: Args) => string>> = {
  PROJECTOR_AVAILABLE: (args) =>
    `Not counted: the projector for images, ${text(args, "file")} (${gb(Number(args["bytes"] ?? 0))} GB); add it with --mmproj.`,
  QUANTS_BY_SIZE: (args) =>
    `No standard recipe makes ${text(args, "quants")}: their weights are as large as the published files, spread over the layers by guess. ${text(args, "example")} reads one exactly.`,
  QUANTS_NOT_READ: (args) =>
    `Left out, since neither name nor size tells what is in them: ${text(args, "quants")}. ${text(args, "example")} reads one.`,
  OTHER_MODELS: (args) => `The repository has GGUF files of other models too, such as ${text(args, "example")}.`,
  SAFETENSORS_FORM: (args) =>
    `${text(args, "quant")} is not for llama.cpp: ${text(args, "runtimes")} load it. Its weights, ${size(args, "bytes")}, are exact; cache and compute are what llama.cpp would take, and those runtimes reserve more.`,
  GGUF_COMPUTED: () =>
    "The GGUF quantizations are computed: llama.cpp's converter and llama-quantize make such files from the 16-bit weights.",
  DRAFT_VOCABULARY: (args) =>
    `${text(args, "draft")} has another vocabulary than ${text(args, "model")}: its drafts are translated word by word, or refused.`,
  MODELFILE_CONTEXT: (args) =>
    `The default context is the ${grouped(Number(args["contextLength"] ?? 0))} tokens that the modelfile asks for (num_ctx).`,
};
