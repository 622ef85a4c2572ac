import { shortened } from "../core/errors.js";
import { type List, renderList } from "../render/list.js";
import { FORMAT_IDS } from "../render/registry.js";
import { TOOL } from "../version.js";
import { say } from "./errors.js";
import type { Io } from "./io.js";
import type { RawFlags } from "./options.js";
import { oneOf } from "./settings.js";
import { terminalOf } from "./terminal.js";

/** Prints a list of the catalog. @returns the exit code: 0, or 1 when nothing matches the words */
export function printList<Item>(
  list: Omit<List<Item>, "tool">,
  words: readonly string[],
  flags: RawFlags,
  io: Io,
): number {
  const format = flags.json ? "json" : oneOf(flags.format ?? "table", FORMAT_IDS, "--format");
  const empty = list.items.length === 0;
  if (!empty || format !== "table") io.out(renderList({ ...list, tool: TOOL }, format, terminalOf(io, flags)));
  if (empty) say(io, `fitcheck: no ${list.name === "gpus" ? "GPUs" : list.name} match "${shortened(words.join(" "))}"`);
  return empty && !flags.exitZero ? 1 : 0;
}
