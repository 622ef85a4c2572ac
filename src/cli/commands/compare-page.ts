import { type Compared, type Comparison, pickOf } from "../../core/compare.js";
import { FitcheckError } from "../../core/errors.js";
import type { Hardware } from "../../core/hardware.js";
import type { Model } from "../../core/model.js";
import { renderComparison } from "../../render/compare.js";
import { loadModel } from "../../sources/load-model.js";
import type { ModelEntry } from "../../sources/model-schema.js";
import { TOOL } from "../../version.js";
import { findHardware } from "../hardware.js";
import { answer } from "../report.js";
import { oneOf, type Request, readRequest } from "../settings.js";
import { terminalOf } from "../terminal.js";
import type { Invocation } from "./command.js";

/** The context of a comparison where none was asked for: one that nearly every model takes. */
const CONTEXT = 8192;

/** Prints models side by side. @returns the exit code: 0, or 1 when none of them fits whole */
export async function printComparison({ words, flags, io }: Invocation): Promise<number> {
  if (words.length < 2) {
    throw new FitcheckError("BAD_VALUE", "compare takes two models or more", {
      hint: "fitcheck compare qwen3-8b llama-3.1-8b gemma-3-12b --ctx 16k",
    });
  }
  const format = flags.json
    ? "json"
    : oneOf(flags.format ?? "table", ["table", "markdown", "csv", "json"] as const, "--format");
  const request = readRequest(flags);
  const models: Model[] = [];
  for (const word of words) models.push(await loadModel(word, { environment: io.env }));
  const hardware = await findHardware(flags);
  const compared = models.flatMap((model) => compareModel(model, hardware, request));
  const report: Comparison = {
    schemaVersion: 1,
    tool: TOOL,
    settings: { ...request.settings, contextLength: contextOf(request) },
    hardware: { source: hardware.source, devices: hardware.devices, host: hardware.host },
    models: compared,
  };
  io.out(renderComparison(report, format, terminalOf(io, flags)));
  const fitting = compared.some(({ pick: { verdict } }) => verdict === "full" || verdict === "tight");
  return fitting || flags.exitZero ? 0 : 1;
}

/** One context for all of them: what `max` means differs from model to model. */
function contextOf(request: Request): number {
  const asked = request.contexts?.[0];
  if (asked !== "max") return asked ?? CONTEXT;
  throw new FitcheckError("BAD_VALUE", "--ctx max is not one context to compare at", {
    hint: "Give a number of tokens, like --ctx 16k.",
  });
}

/** At the context asked for, or what the model was trained for where that is less. */
function compareModel(model: Model, hardware: Hardware, request: Request): Compared[] {
  const contextLength = Math.min(contextOf(request), model.contextLength);
  const report = answer(model, hardware, { ...request, contexts: [contextLength] });
  const pick = pickOf(report);
  if (pick === undefined) return [];
  const entry = model.source === "catalog" ? (model.card as unknown as ModelEntry | undefined) : undefined;
  const { devices, host } = pick.required;
  return [
    {
      model: report.model,
      ...(entry?.released === undefined ? {} : { released: entry.released }),
      commercial: entry?.license?.commercial ?? "unknown",
      tags: entry?.tags ?? [],
      pick: { ...pick, contextLength },
      recommended: report.recommended !== undefined,
      cacheBytes: devices.reduce((sum, device) => sum + device.cacheBytes, host.cacheBytes),
    },
  ];
}
