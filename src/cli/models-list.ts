import { FitcheckError } from "../core/errors.js";
import type { Hardware } from "../core/hardware.js";
import { Planner } from "../core/planner.js";
import { defaultContext, type Settings } from "../core/settings.js";
import { parseTokens } from "../core/units.js";
import { weighQuants } from "../core/weigh.js";
import { modelColumns } from "../render/model-list.js";
import { findModel } from "../sources/catalog.js";
import { modelOfEntry } from "../sources/catalog-model.js";
import { filterModels, type ModelFilter } from "../sources/filter.js";
import { listModels as catalog, type ModelSummary } from "../sources/model-index.js";
import { searchModels } from "../sources/search.js";
import type { Invocation } from "./commands/command.js";
import { findHardware } from "./hardware.js";
import type { RawFlags } from "./options.js";
import { printList } from "./print-list.js";
import { oneOf, type Request, readRequest } from "./settings.js";

/** What `--fits` tries, the best first: what most people download, and what gpt-oss comes in. */
const TRIED = ["Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "MXFP4"];

/** `fitcheck models`: the catalog, or what all the words and filters fit. @returns the exit code */
export async function listModels({ words, flags, io }: Invocation): Promise<number> {
  const found = filterModels(searchModels(words), readFilter(flags));
  const items = flags.fits ? await thatFit(found, flags) : found;
  const filters = [...words, ...describe(flags)];
  return printList({ name: "models", items, columns: modelColumns() }, filters, flags, io);
}

function readFilter(flags: RawFlags): ModelFilter {
  const { family, size, license, task, ctx } = flags;
  return {
    ...(family === undefined ? {} : { family }),
    ...(size === undefined ? {} : { size: readSize(size) }),
    ...(license === undefined ? {} : { license }),
    ...(task === undefined ? {} : { task: oneOf(task.toLowerCase(), knownTasks(), "--task") }),
    // With --fits it is the context to fit with, which the model has to be trained for as well.
    ...(ctx === undefined ? {} : { contextLength: parseTokens(ctx, "--ctx") }),
  };
}

/** The tags that the catalog's models carry. */
function knownTasks(): string[] {
  return [...new Set(catalog().flatMap(({ tags }) => tags))].sort();
}

/** `7..14`, `..8`, `30..` or `8`, in billions; one number means about that size, as model names round. */
function readSize(text: string): { from: number; to: number } {
  const ends = text.split("..").map((end) => (end.trim() === "" ? undefined : Number(end.trim().replace(/b$/i, ""))));
  const [low, high] = ends;
  const known = ends.filter((end) => end !== undefined);
  if (
    ends.length > 2 ||
    known.length === 0 ||
    !known.every((end) => end >= 0) ||
    (low ?? 0) > (high ?? Number.POSITIVE_INFINITY)
  ) {
    throw new FitcheckError("BAD_VALUE", `--size "${text}" is no range`, {
      hint: "Give billions of parameters, like 7..14, ..8 or 30..",
    });
  }
  if (ends.length === 1 && low !== undefined) return { from: low * 0.85e9, to: low * 1.15e9 };
  return { from: (low ?? 0) * 1e9, to: high === undefined ? Number.POSITIVE_INFINITY : high * 1e9 };
}

/** For the sentence that says nothing was found. */
function describe(flags: RawFlags): string[] {
  const named = ["family", "size", "license", "task", "ctx"] as const;
  return [
    ...named.flatMap((name) => (flags[name] === undefined ? [] : [`--${name} ${flags[name]}`])),
    ...(flags.fits ? ["--fits"] : []),
  ];
}

/** A model of the list with the best quantization that fits whole. */
export interface FittingModel extends ModelSummary {
  readonly fits: string;
}

async function thatFit(models: readonly ModelSummary[], flags: RawFlags): Promise<FittingModel[]> {
  const request = readRequest(flags);
  const hardware = await findHardware(flags);
  const most = hardware.devices.reduce((sum, { usableBytes }) => sum + usableBytes, 0);
  return models.flatMap((model) => {
    // Four bits per weight are more than that; what cannot fit is not worth a file.
    if (model.parameters / 2 > most) return [];
    const fits = bestFit(model, hardware, request);
    return fits === undefined ? [] : [{ ...model, fits }];
  });
}

function bestFit({ id }: ModelSummary, hardware: Hardware, request: Request): string | undefined {
  const entry = findModel(id);
  if (entry === undefined) return undefined;
  const model = modelOfEntry(entry);
  const tried = request.quants ?? TRIED.filter((name) => model.quants.some(({ quant }) => quant === name));
  const asked = request.contexts?.[0];
  const contextLength = asked === undefined || asked === "max" ? defaultContext(model) : asked;
  const settings: Settings = { contextLength, ...request.settings };
  const planner = new Planner(hardware, settings);
  return tried.find((quant) =>
    weighQuants(model, [quant]).some((weighed) => planner.fullPlacement(weighed.model, contextLength) !== undefined),
  );
}
