import { card } from "./card.js";
import type { CommandSpec } from "./command.js";
import { compare } from "./compare.js";
import { explain } from "./explain.js";
import { gpus } from "./gpus.js";
import { models } from "./models.js";
import { planned } from "./planned.js";
import { recommend } from "./recommend.js";

/** The commands, by their reserved words: no model may have one of these as its id. `help` is commander's own. */
export const COMMANDS = {
  models,
  gpus,
  card,
  recommend,
  compare,
  explain,
  serve: planned("serve"),
  check: planned("check"),
  complete: planned("complete"),
} as const satisfies Record<string, CommandSpec>;
