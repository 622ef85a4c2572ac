import { FitcheckError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import { neededMemory } from "../core/needs.js";
import { defaultContext, type Settings } from "../core/settings.js";
import { catalogCards } from "../hardware/cards.js";
import { renderNeeds } from "../render/gpu-needed.js";
import { FORMAT_IDS } from "../render/registry.js";
import { TOOL } from "../version.js";
import type { Io } from "./io.js";
import type { RawFlags } from "./options.js";
import { oneOf, type Request } from "./settings.js";
import { terminalOf } from "./terminal.js";

/** `fitcheck <model> --gpu-needed`: the smallest memory that takes it, whatever this machine has. @returns the exit code */
export function printNeeds(model: Model, request: Request, flags: RawFlags, io: Io): number {
  const format = flags.json ? "json" : oneOf(flags.format ?? "table", FORMAT_IDS, "--format");
  if (flags.gpu !== undefined || flags.vram !== undefined) {
    throw new FitcheckError("BAD_VALUE", "--gpu-needed asks for a GPU, so none can be given");
  }
  const asked = request.contexts ?? [defaultContext(model)];
  const contexts = asked.map((context) => (context === "max" ? model.contextLength : context));
  const settings: Settings = { contextLength: Math.max(...contexts), ...request.settings };
  const quants = neededMemory(model, settings, contexts, catalogCards(), request.quants);
  const report = { schemaVersion: 1 as const, tool: TOOL, model: { id: model.id, name: model.name }, settings, quants };
  io.out(renderNeeds(report, format, terminalOf(io, flags)));
  return flags.exitZero || quants.some(({ cards }) => cards !== undefined) ? 0 : 1;
}
