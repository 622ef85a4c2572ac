import { FitcheckError } from "../../core/errors.js";
import type { Hardware } from "../../core/hardware.js";
import type { Model } from "../../core/model.js";
import type { FitReport, FitReportError } from "../../core/report.js";
import { FORMAT_IDS, FORMATS } from "../../render/registry.js";
import { loadModel } from "../../sources/load-model.js";
import { say } from "../errors.js";
import { exitCodeFor } from "../exit-code.js";
import { findHardware } from "../hardware.js";
import type { Io } from "../io.js";
import type { RawFlags } from "../options.js";
import { answer } from "../report.js";
import { oneOf, type Request, readRequest } from "../settings.js";
import { terminalOf } from "../terminal.js";
import type { Invocation } from "./command.js";

/** A store's name alone asks for all that is installed there. */
const STORES: Readonly<Record<string, "ollama" | "lmstudio">> = { "ollama:": "ollama", "lmstudio:": "lmstudio" };

/** The main job: which quantizations of a model fit. @returns the exit code */
export async function fitModel({ words, flags, io }: Invocation): Promise<number> {
  const reference = words[0];
  if (reference === undefined) {
    throw new FitcheckError("BAD_VALUE", "no model was named", { hint: "fitcheck models lists the catalog." });
  }
  const store = STORES[reference.trim().toLowerCase()];
  if (store !== undefined) {
    const { listInstalled } = await import("../installed.js");
    return listInstalled(store, flags, io);
  }
  const format = flags.json ? "json" : oneOf(flags.format ?? "table", FORMAT_IDS, "--format");
  const request = readRequest(flags);
  const chart = flags.chart && (format === "table" || format === "markdown") ? await import("../chart.js") : undefined;

  if (flags.hardware) {
    const { listCardsFor } = await import("../cards-for.js");
    return listCardsFor(await loadModel(reference, { environment: io.env }), request, flags, io);
  }
  if (flags.gpuNeeded) {
    const { printNeeds } = await import("../gpu-needed.js");
    return printNeeds(await loadModel(reference, { environment: io.env }), request, flags, io);
  }
  // The two do not wait for each other, but an unknown model is the error to report first.
  const searching = findHardware(flags);
  searching.catch(() => {});
  const model = await loadModel(reference, { environment: io.env });
  const wanted = chart
    ? { ...request, contexts: chart.contextsToDraw(request.contexts, model.contextLength) }
    : request;
  const asked = await withExtras(wanted, model, flags, io);
  const hardware = await searching;
  if (flags.debug) io.err(`${JSON.stringify(hardware, undefined, 2)}\n`);

  const print = (report: FitReport): void => io.out(FORMATS[format](report, terminalOf(io, flags)));
  if (hardware.source === "detected" && hardware.devices.length === 0) {
    say(io, `fitcheck: ${NO_GPU.message}. ${NO_GPU.hint}`);
    // The error says it; a note would say it again.
    const notes = hardware.notes.filter(({ code }) => code !== "NO_GPU_FOUND");
    print({ ...answer(model, { ...hardware, notes }, asked), error: NO_GPU });
    return 2;
  }
  const report = await advised(answer(model, hardware, asked), model, hardware, flags);
  print(report);
  if (chart) io.out(chart.drawChart(report, format, terminalOf(io, flags)));
  return flags.exitZero ? 0 : exitCodeFor(report, request.require);
}

async function withExtras(request: Request, model: Model, flags: RawFlags, io: Io): Promise<Request> {
  const { mmproj, draft } = flags;
  if (mmproj === undefined && draft === undefined) return request;
  const { loadExtras } = await import("../../sources/extras.js");
  return { ...request, extras: await loadExtras({ mmproj, draft }, model, io.env) };
}

/** With what would make it fit, where a quantization was asked for by name and does not. */
async function advised(report: FitReport, model: Model, hardware: Hardware, flags: RawFlags): Promise<FitReport> {
  // What it would advise does not count the extras.
  if (report.extras !== undefined) return report;
  if (flags.quant === undefined || exitCodeFor(report, "full") === 0) return report;
  const { withChanges } = await import("../advice.js");
  return withChanges(report, model, hardware, flags);
}

/** Where no GPU was found nor given, the answer is about the RAM and says why it is no better. */
const NO_GPU: FitReportError = {
  code: "NO_GPU",
  message: "no GPU was found, so this is judged against the RAM",
  hint: 'For other hardware add --gpu "rtx 4090" or --vram 24G; --gpu none means the RAM on purpose.',
  suggestions: [],
};
