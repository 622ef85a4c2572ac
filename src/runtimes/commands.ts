import type { Model } from "../core/model.js";
import type { Note } from "../core/note.js";
import type { FitReport, QuantReport, Verdict } from "../core/report.js";
import type { RunPlan, Runtime } from "./plan.js";
import { RUNTIMES } from "./registry.js";
import { checkpointOf, weightsOf } from "./weights.js";

/**
 * The report with the command lines of its pick, or of its only quantization, and with the notes on what they
 * cannot say. A report without a plan to run stays as it is.
 */
export function withCommands(report: FitReport, model: Model): FitReport {
  const quant = quantToRun(report);
  if (quant?.placement === undefined) return report;
  const weights = weightsOf(model, quant.quant);
  const checkpoint = checkpointOf(model, quant);
  const backend = report.hardware.devices[0]?.backend;
  const plan: RunPlan = {
    quant: quant.quant,
    weights,
    settings: { ...report.settings, contextLength: quant.contextLength ?? report.settings.contextLength },
    placement: quant.placement,
    deviceCount: report.hardware.devices.length,
    cpuOnly: quant.placement.memory.devices.length === 0 && report.hardware.devices.length > 0,
    ...(backend === undefined ? {} : { backend }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
  const runtimes = Object.values(RUNTIMES).filter((runtime) => loads(runtime, quant));
  const commands: Record<string, string> = {};
  const notes: Note[] = [];
  if (weights.kind === "unknown" && quant.format === undefined) notes.push({ code: "COMMAND_NEEDS_FILE", args: {} });
  for (const runtime of runtimes) {
    const command = runtime.command(plan);
    if (command === undefined) continue;
    commands[runtime.id] = command;
    const missing = runtime.unsupported(plan);
    if (missing.length > 0) {
      notes.push({ code: "COMMAND_CANNOT_SAY", args: { runtime: runtime.id, settings: missing.join(", ") } });
    }
  }
  if (Object.keys(commands).length === 0) return report;
  return { ...report, commands, notes: [...report.notes, ...notes] };
}

/** Does the runtime load these weights: checkpoints in safetensors those that are made for them, GGUF the others? */
function loads(runtime: Runtime, quant: QuantReport): boolean {
  return quant.format === undefined || CHECKPOINT_RUNTIMES.includes(runtime.id);
}

const CHECKPOINT_RUNTIMES: readonly string[] = ["vllm", "mlx"];

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
