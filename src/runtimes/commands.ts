import type { Model } from "../core/model.js";
import type { Note } from "../core/note.js";
import type { FitReport, QuantReport, Verdict } from "../core/report.js";
import { RUNTIMES } from "./registry.js";
import { weightsOf } from "./weights.js";

/**
 * The report with the command lines of its pick, or of its only quantization, and with the notes on what they
 * cannot say. A report without a plan to run stays as it is.
 */
export function withCommands(report: FitReport, model: Model): FitReport {
  const quant = quantToRun(report);
  if (quant?.placement === undefined || quant.format !== undefined) return report;
  const weights = weightsOf(model, quant.quant);
  const plan = {
    quant: quant.quant,
    weights,
    settings: { ...report.settings, contextLength: quant.contextLength ?? report.settings.contextLength },
    placement: quant.placement,
    deviceCount: report.hardware.devices.length,
  };
  const commands: Record<string, string> = {};
  const notes: Note[] = [];
  if (weights.kind === "unknown") notes.push({ code: "COMMAND_NEEDS_FILE", args: {} });
  for (const runtime of Object.values(RUNTIMES)) {
    const command = runtime.command(plan);
    if (command === undefined) continue;
    commands[runtime.id] = command;
    const missing = runtime.unsupported(plan);
    if (missing.length > 0) {
      notes.push({ code: "COMMAND_CANNOT_SAY", args: { runtime: runtime.id, settings: missing.join(", ") } });
    }
  }
  return { ...report, commands, notes: [...report.notes, ...notes] };
}

/** The pick, at the longest of its contexts with the best verdict; without a pick, the only row there is. */
function quantToRun(report: FitReport): QuantReport | undefined {
  const rows = report.quants.filter((quant) => quant.placement !== undefined);
  const pick = report.recommended?.quant;
  if (pick === undefined) return rows.length === 1 ? rows[0] : undefined;
  const rank = ({ verdict, contextLength = 0 }: QuantReport) => [-VERDICTS.indexOf(verdict), contextLength] as const;
  return rows
    .filter((quant) => quant.quant === pick)
    .reduce<QuantReport | undefined>((best, quant) => {
      if (best === undefined) return quant;
      const [[verdict, context], [bestVerdict, bestContext]] = [rank(quant), rank(best)];
      return verdict > bestVerdict || (verdict === bestVerdict && context > bestContext) ? quant : best;
    }, undefined);
}

/** Best first. */
const VERDICTS: readonly Verdict[] = ["full", "tight", "partial", "cpu", "none"];
