import { fit } from "../core/fit.js";
import type { Hardware } from "../core/hardware.js";
import type { Model } from "../core/model.js";
import type { FitReport, QuantReport } from "../core/report.js";
import type { Settings } from "../core/settings.js";
import { withCommands } from "../runtimes/commands.js";
import { TOOL } from "../version.js";
import { defaultContext, type Request } from "./settings.js";

/** The answer to a request: one row per quantization, or per quantization and context. */
export function answer(model: Model, hardware: Hardware, request: Request, total: boolean): FitReport {
  const contexts = request.contexts ?? [];
  const fixed = contexts.filter((context) => context !== "max");
  const options = {
    tool: TOOL,
    total,
    assumed: contexts.length === 0 ? ["contextLength", ...request.assumed] : request.assumed,
    ...(request.quants === undefined ? {} : { quants: request.quants }),
    ...(contexts.length > 1 && fixed.length > 0 ? { contexts: fixed } : {}),
  };
  const settings: Settings = {
    contextLength: fixed.length === 0 ? defaultContext(model) : Math.max(...fixed),
    ...request.settings,
  };
  let report = fit(model, hardware, settings, options);
  if (contexts.includes("max")) {
    const longest = atLongestContext(report, (quant, contextLength) =>
      fit(model, hardware, { ...settings, contextLength }, { ...options, quants: [quant], contexts: [contextLength] }),
    );
    report = { ...report, quants: fixed.length === 0 ? longest : [...report.quants, ...longest] };
  }
  return withCommands(report, model);
}

/** Every quantization once more, at the largest context it still fits with; where there is none, as it is. */
function atLongestContext(report: FitReport, again: (quant: string, context: number) => FitReport): QuantReport[] {
  const first = new Map<string, QuantReport>();
  for (const row of report.quants) if (!first.has(row.quant)) first.set(row.quant, row);
  return [...first.values()].flatMap((row) =>
    row.maxContextLength > 0
      ? again(row.quant, row.maxContextLength).quants
      : [{ ...row, contextLength: row.contextLength ?? report.settings.contextLength }],
  );
}
