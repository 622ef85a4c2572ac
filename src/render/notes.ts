import type { Note } from "../core/note.js";
import type { FitReport } from "../core/report.js";
import { gib, grouped, plain } from "./format.js";
import { hardwareNotes } from "./notes-hardware.js";
import { qualityNotes } from "./notes-quality.js";
import { sourceNotes } from "./notes-sources.js";
import { reasoningNotes } from "./reasoning.js";
import { RUNTIME_NAMES, shownCommands } from "./words.js";

type Args = Note["args"];

const tokens = (args: Args, name: string): string => grouped(Number(args[name] ?? 0));
const memory = (args: Args, name: string): string => `${gib(Number(args[name] ?? 0))} GiB`;
const perSecond = (args: Args, name: string): string => (Number(args[name] ?? 0) / 1e9).toFixed(0);
const word = (args: Args, name: string): string => plain(String(args[name] ?? ""));

/** One sentence per code. A code without a sentence is printed as it is, so that no caveat is ever lost. */
const SENTENCES: Readonly<Record<string, (args: Args) => string>> = {
  ...hardwareNotes,
  ...sourceNotes,
  CONTEXT_ABOVE_TRAINED: (args) =>
    `The context of ${tokens(args, "contextLength")} tokens is more than the ${tokens(args, "trained")} the model was trained for; answers get worse beyond it.`,
  FILE_INCOMPLETE: (args) =>
    `The file is shorter than its header says (${memory(args, "fileBytes")} of ${memory(args, "expectedBytes")}): an unfinished download. The answer is for the whole file.`,
  CONTEXT_PER_SEQUENCE: (args) =>
    `The context is shared: each of the ${word(args, "parallel")} sequences gets ${tokens(args, "contextLength")} tokens.`,
  CACHE_TYPES_NEED_BUILD: (args) =>
    `A cache of ${word(args, "k")} keys and ${word(args, "v")} values runs on CUDA only where llama.cpp was built with GGML_CUDA_FA_ALL_QUANTS.`,
  SPEED_ASSUMES_RAM: (args) =>
    `How fast the RAM is, is not known: speeds with weights in it assume that the CPU reads ${perSecond(args, "lowBytesPerSecond")} to ${perSecond(args, "highBytesPerSecond")} GB/s.`,
  ...qualityNotes,
  ...reasoningNotes,
  COMMAND_NEEDS_FILE: () => "No published file of this quantization is known: put the path of yours into the command.",
  COMMAND_CANNOT_SAY: (args) =>
    `${RUNTIME_NAMES[word(args, "runtime")] ?? word(args, "runtime")} has no option for ${word(args, "settings")}: with that command, memory will differ.`,
};

/** The sentence of a note. */
export function noteSentence(note: Note): string {
  const sentence = SENTENCES[note.code];
  if (sentence !== undefined) return sentence(note.args);
  const args = Object.entries(note.args).map(([name, value]) => `${name} ${plain(String(value))}`);
  return args.length === 0 ? note.code : `${note.code}: ${args.join(", ")}`;
}

/** All caveats of a report in words, each once; those of some quantizations only begin with their names. */
export function reportNotes(report: FitReport): string[] {
  const sentences = report.notes.filter((note) => isOfShownCommand(note, report)).map(noteSentence);
  const byQuant = new Map<string, string[]>();
  for (const quant of report.quants) {
    for (const note of quant.notes) {
      const sentence = noteSentence(note);
      const quants = byQuant.get(sentence) ?? [];
      if (!quants.includes(quant.quant)) quants.push(quant.quant);
      byQuant.set(sentence, quants);
    }
  }
  const all = new Set(report.quants.map((quant) => quant.quant)).size;
  for (const [sentence, quants] of byQuant) {
    sentences.push(quants.length === all ? sentence : `${quants.map(plain).join(", ")}: ${sentence}`);
  }
  return [...new Set(sentences)];
}

/** What a command cannot say is of interest only beside that command. */
function isOfShownCommand({ code, args }: Note, report: FitReport): boolean {
  return code !== "COMMAND_CANNOT_SAY" || shownCommands(report).some(([runtime]) => runtime === args["runtime"]);
}
