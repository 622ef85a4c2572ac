import { CardFinder } from "../core/hardware-fit.js";
import type { Model } from "../core/model.js";
import { defaultContext, type Settings } from "../core/settings.js";
import { weighQuants } from "../core/weigh.js";
import { catalogCards } from "../hardware/cards.js";
import { type CardsReport, renderCardsFor } from "../render/cards-for.js";
import { TOOL } from "../version.js";
import type { Io } from "./io.js";
import type { RawFlags } from "./options.js";
import { oneOf, type Request } from "./settings.js";
import { terminalOf } from "./terminal.js";

/**
 * `fitcheck <model> --hardware`: for every quantization the cards that take it whole at this context.
 * @returns the exit code: 0, or 1 when no card takes any
 */
export function listCardsFor(model: Model, request: Request, flags: RawFlags, io: Io): number {
  const format = flags.json
    ? "json"
    : oneOf(flags.format ?? "table", ["table", "json", "csv", "markdown"] as const, "--format");
  const asked = request.contexts?.[0];
  const contextLength = asked === undefined ? defaultContext(model) : asked === "max" ? model.contextLength : asked;
  const settings: Settings = { contextLength, ...request.settings };
  const finder = new CardFinder(catalogCards(), settings);
  const report: CardsReport = {
    schemaVersion: 1,
    tool: TOOL,
    model: { id: model.id, name: model.name },
    settings,
    quants: weighQuants(model, request.quants).map(({ quant, model: weighed, fileBytes }) => ({
      quant,
      fileBytes,
      groups: finder.find(weighed, contextLength),
    })),
  };
  io.out(renderCardsFor(report, format, terminalOf(io, flags)));
  return flags.exitZero || report.quants.some(({ groups }) => groups.length > 0) ? 0 : 1;
}
