import { fitWithExtras } from "../core/extras.js";
import type { Hardware } from "../core/hardware.js";
import type { Model } from "../core/model.js";
import { hasTag } from "../core/model-tags.js";
import { withReasoning } from "../core/reasoning.js";
import type { FitReport, QuantReport } from "../core/report.js";
import { defaultContext, type Settings } from "../core/settings.js";
import { withCommands } from "../runtimes/commands.js";
import { qualityTable } from "../sources/quality-table.js";
import { TOOL } from "../version.js";
import { withExtraFlags } from "./extras.js";
import type { Request } from "./settings.js";

/** The answer to a request: one row per quantization, or per quantization and context. */
export function answer(model: Model, hardware: Hardware, request: Request): FitReport {
  const contexts = request.contexts ?? [];
  const fixed = contexts.filter((context) => context !== "max");
  const options = {
    tool: TOOL,
    quality: qualityTable(),
    assumed: contexts.length === 0 ? ["contextLength", ...request.assumed] : request.assumed,
    ...(request.quants === undefined ? {} : { quants: request.quants }),
    ...(contexts.length > 1 && fixed.length > 0 ? { contexts: fixed } : {}),
  };
  const settings: Settings = {
    contextLength: fixed.length === 0 ? defaultContext(model) : Math.max(...fixed),
    ...request.settings,
  };
  const extras = request.extras ?? [];
  const report = fitWithExtras(model, hardware, settings, options, extras);
  if (!contexts.includes("max")) return complete(report, model, request);
  const quants = withLongestContext(report, fixed.length > 0, (quant, contextLength) =>
    fitWithExtras(
      model,
      hardware,
      { ...settings, contextLength },
      { ...options, quants: [quant], contexts: [contextLength] },
      extras,
    ),
  );
  return complete({ ...report, quants }, model, request);
}

/** With what thinking takes, where that is a question, and the commands. */
function complete(report: FitReport, model: Model, { reasoning, extras = [] }: Request): FitReport {
  const thinks = hasTag(model, "reasoning");
  const request = { kind: reasoning ?? "code", automatic: reasoning === undefined };
  const whole = reasoning === undefined && !thinks ? report : withReasoning(report, request);
  return extras.length === 0 ? withCommands(whole, model) : withExtraFlags(withCommands(whole, model), extras);
}

/**
 * Every quantization at the largest context it still fits with, after its other rows where those were asked for.
 * One that fits with none keeps the row it has.
 */
function withLongestContext(
  report: FitReport,
  keep: boolean,
  again: (quant: string, context: number) => FitReport,
): QuantReport[] {
  return [...new Set(report.quants.map(({ quant }) => quant))].flatMap((quant) => {
    const rows = report.quants
      .filter((row) => row.quant === quant)
      .map((row) => ({ ...row, contextLength: row.contextLength ?? report.settings.contextLength }));
    const longest = rows[0]?.maxContextLength ?? 0;
    if (longest === 0) return rows;
    const all = [...(keep ? rows : []), ...again(quant, longest).quants];
    return all.sort((a, b) => (a.contextLength ?? 0) - (b.contextLength ?? 0));
  });
}
