import { FitcheckError } from "../core/errors.js";
import type { Hardware } from "../core/hardware.js";
import type { QuantReport } from "../core/report.js";
import { type InstalledModel, installedColumns } from "../render/installed-list.js";
import { totals } from "../render/words.js";
import { loadModel } from "../sources/load-model.js";
import { listLmStudio } from "../sources/stores/lm-studio.js";
import { listOllama } from "../sources/stores/ollama.js";
import { say } from "./errors.js";
import { exitCodeFor } from "./exit-code.js";
import { findHardware } from "./hardware.js";
import type { Io } from "./io.js";
import type { RawFlags } from "./options.js";
import { printList } from "./print-list.js";
import { answer } from "./report.js";
import { type Request, readRequest } from "./settings.js";

/** What is installed in a store, a row per model and quantization, each with its verdict. @returns the exit code */
export async function listInstalled(store: "ollama" | "lmstudio", flags: RawFlags, io: Io): Promise<number> {
  const request = readRequest(flags);
  const searching = findHardware(flags);
  searching.catch(() => {});
  const names = store === "ollama" ? listOllama(io.env) : listLmStudio(io.env);
  const hardware = await searching;
  const items: InstalledModel[] = [];
  let fits = false;
  for (const name of names) {
    const judged = await judge(`${store}:${name}`, hardware, request, io);
    items.push(...judged.rows);
    fits ||= judged.fits;
  }
  const printed = printList({ name: "installed", items, columns: installedColumns() }, [`${store}:`], flags, io);
  if (hardware.source === "detected" && hardware.devices.length === 0) {
    say(io, 'fitcheck: no GPU was found, so this is judged against the RAM; for other hardware add --gpu "rtx 4090"');
    return 2;
  }
  return flags.exitZero || (printed === 0 && fits) ? 0 : 1;
}

/** A model that cannot be read is a row that says so, not the end of the list. */
async function judge(
  model: string,
  hardware: Hardware,
  request: Request,
  io: Io,
): Promise<{ readonly rows: InstalledModel[]; readonly fits: boolean }> {
  try {
    const report = answer(await loadModel(model, { environment: io.env }), hardware, request);
    const context = report.settings.contextLength;
    return {
      rows: report.quants.map((quant) => rowOf(model, quant, context)),
      fits: exitCodeFor(report, request.require) === 0,
    };
  } catch (error) {
    if (!(error instanceof FitcheckError)) throw error;
    const message = error.message.startsWith(`${model}: `) ? error.message.slice(model.length + 2) : error.message;
    return { rows: [{ model, error: { code: error.code, message } }], fits: false };
  }
}

function rowOf(model: string, quant: QuantReport, context: number): InstalledModel {
  return {
    model,
    quant: quant.quant,
    fileBytes: quant.fileBytes,
    contextLength: quant.contextLength ?? context,
    totalBytes: totals(quant.required).totalBytes,
    verdict: quant.verdict,
    maxContextLength: quant.maxContextLength,
  };
}
