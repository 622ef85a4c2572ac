import type { FitReport } from "../core/report.js";
import { shellLine } from "../runtimes/shell.js";
import type { LoadedExtra } from "../sources/extras.js";

/** llama.cpp's command line and the notes, with what runs beside the model. */
export function withExtraFlags(report: FitReport, extras: readonly LoadedExtra[]): FitReport {
  const hasProjector = extras.some((extra) => extra.kind === "projector");
  const notes = report.notes.filter(({ code }) => !(hasProjector && code === "PROJECTOR_AVAILABLE"));
  const added = extras.flatMap((extra) => extra.notes);
  const { commands } = report;
  if (commands === undefined) return { ...report, notes: [...notes, ...added] };
  const flags = shellLine(extras.flatMap((extra) => extra.flags));
  const settings = extras.map((extra) => (extra.kind === "projector" ? "--mmproj" : "--draft")).join(", ");
  const told = Object.entries(commands).map(([runtime, command]) => [
    runtime,
    LLAMA_CPP.includes(runtime)
      ? command
          .split("\n")
          .map((line) => `${line} ${flags}`)
          .join("\n")
      : command,
  ]);
  const untold = Object.keys(commands)
    .filter((runtime) => !LLAMA_CPP.includes(runtime))
    .map((runtime) => ({ code: "COMMAND_CANNOT_SAY", args: { runtime, settings } }));
  return { ...report, commands: Object.fromEntries(told), notes: [...notes, ...added, ...untold] };
}

/** The only runtimes that are told of them on their command lines. */
const LLAMA_CPP: readonly string[] = ["llama.cpp", "llama-cli"];
