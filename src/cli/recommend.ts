import { FitcheckError } from "../core/errors.js";
import type { Model } from "../core/model.js";
import type { ModelCandidate, ModelSizes } from "../core/model-candidate.js";
import { recommendModels } from "../core/recommend-models.js";
import type { Settings } from "../core/settings.js";
import { renderRecommendations } from "../render/recommend.js";
import { FORMAT_IDS } from "../render/registry.js";
import { loadCatalogModel } from "../sources/catalog-model.js";
import type { ModelSummary } from "../sources/model-index.js";
import { readSizes } from "../sources/model-sizes.js";
import { searchModels } from "../sources/search.js";
import { TOOL } from "../version.js";
import type { Invocation } from "./commands/command.js";
import { findHardware } from "./hardware.js";
import { oneOf, readRequest } from "./settings.js";
import { terminalOf } from "./terminal.js";

/** What `--task` may ask for: tags of the catalog. */
const TASKS = ["chat", "code", "reasoning", "vision", "embedding"] as const;
const DEFAULT_CONTEXT = 8192;
/** Embedding models are trained for no more than this, most of them. */
const EMBEDDING_CONTEXT = 512;
const SHOWN = 10;

/** @returns the exit code: 0, or 1 when nothing of the catalog runs here */
export async function recommendFor({ words, flags, io }: Invocation): Promise<number> {
  const format = flags.json ? "json" : oneOf(flags.format ?? "table", FORMAT_IDS, "--format");
  const task = flags.task === undefined ? "chat" : oneOf(flags.task.toLowerCase(), TASKS, "--task");
  const request = readRequest(flags);
  const asked = request.contexts?.[0];
  if (asked === "max" || (request.contexts?.length ?? 0) > 1) {
    throw new FitcheckError("BAD_VALUE", "fitcheck recommend compares at one context: give --ctx one number");
  }
  const contextLength = asked ?? (task === "embedding" ? EMBEDDING_CONTEXT : DEFAULT_CONTEXT);
  const settings: Settings = { contextLength, ...request.settings };
  const hardware = await findHardware(flags);
  const sizes = readSizes();
  const released = familyReleases(searchModels([]));
  const candidates = searchModels(words)
    .filter((model) => suits(model, task) && model.contextLength >= contextLength)
    .map((model) => withRelease(model, released.get(model.family)))
    .flatMap((model) => candidateOf(model, sizes(model.id)));
  const models = recommendModels(candidates, hardware, settings, SHOWN);
  const report = {
    schemaVersion: 1 as const,
    tool: TOOL,
    task,
    settings,
    hardware: { source: hardware.source, devices: hardware.devices, host: hardware.host },
    considered: candidates.length,
    models,
    notes: hardware.notes,
  };
  io.out(renderRecommendations(report, format, terminalOf(io, flags)));
  return models.length > 0 || flags.exitZero ? 0 : 1;
}

/** Base models answer nothing, and embedding models only where they are asked for. */
function suits({ tags }: ModelSummary, task: (typeof TASKS)[number]): boolean {
  if (task === "embedding") return tags.includes("embedding");
  return tags.includes(task) && !tags.includes("base") && !tags.includes("embedding");
}

/** When the first model of every family was released that says so. */
function familyReleases(models: readonly ModelSummary[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { family, released } of models) {
    const known = first.get(family);
    if (released !== undefined && (known === undefined || released < known)) first.set(family, released);
  }
  return first;
}

/** Its own date, or that in its name (`devstral-small-2505`), or that of its family. */
function withRelease(model: ModelSummary, familyReleased: string | undefined): ModelSummary {
  const [, year, month] = /-(2[3-9])(0[1-9]|1[0-2])\b/.exec(model.id) ?? [];
  const named = year === undefined ? undefined : `20${year}-${month}`;
  const released = model.released ?? named ?? familyReleased;
  return released === undefined ? model : { ...model, released };
}

function candidateOf(summary: ModelSummary, sizes: ModelSizes | undefined): ModelCandidate[] {
  if (sizes === undefined) return [];
  let loaded: Model | undefined;
  const load = (): Model => {
    loaded ??= loadCatalogModel(summary.id, summary.id, undefined);
    if (loaded === undefined) throw new FitcheckError("BAD_FILE", `the catalog has no entry "${summary.id}"`);
    return loaded;
  };
  return [{ ...summary, sizes, load }];
}
