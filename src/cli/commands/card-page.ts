import { renderCard } from "../../render/card.js";
import { loadModel } from "../../sources/load-model.js";
import { cardOf, oneModel } from "../card.js";
import { oneOf, readRequest } from "../settings.js";
import { terminalOf } from "../terminal.js";
import type { Invocation } from "./command.js";

/** Prints the card of one model. @returns the exit code, 0 */
export async function printCard({ words, flags, io }: Invocation): Promise<number> {
  const format = flags.json
    ? "json"
    : oneOf(flags.format ?? "table", ["table", "markdown", "json"] as const, "--format");
  const request = readRequest(flags);
  const model = await loadModel(oneModel(words, "card"), { environment: io.env });
  io.out(renderCard(cardOf(model, request), format, terminalOf(io, flags)));
  return 0;
}
