import { readFileSync } from "node:fs";
import type { Hardware } from "../../src/core/hardware.js";
import type { WeightedModel } from "../../src/core/memory.js";
import type { Model } from "../../src/core/model.js";
import { placeBlocks } from "../../src/core/placement.js";
import { Planner } from "../../src/core/planner.js";
import type { Placement } from "../../src/core/report.js";
import { DEFAULT_SETTINGS } from "../../src/core/settings.js";
import {
  type BackendWork,
  ramRate,
  type SpeedConstants,
  type SpeedDevice,
  type SpreadKind,
  speedDevice,
  spreadKind,
  tokenSeconds,
} from "../../src/core/speed.js";
import type { SpeedClass, SpeedMaker } from "../../src/core/speed-class.js";
import { SPEED } from "../../src/core/speed-constants.js";
import { type CacheReads, cacheReads, planReads, type WeightReads, weightReads } from "../../src/core/speed-reads.js";
import { GiB } from "../../src/core/units.js";
import { type WeighedQuant, weighQuants } from "../../src/core/weigh.js";
import { givenHardware } from "../../src/hardware/given.js";
import { findModel } from "../../src/sources/catalog.js";
import { modelOfEntry } from "../../src/sources/catalog-model.js";

/** One measured speed; `test/fixtures/speed/README.md` describes the columns. */
export interface SpeedRow {
  readonly gpu: string;
  readonly gpus: number;
  readonly place: string;
  readonly model: string;
  readonly quant: string;
  readonly fileBytes: number | undefined;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  readonly backend: string;
  readonly built: string;
  readonly source: string;
}

/** A measured speed with what the estimate works on. */
export interface SpeedCell {
  readonly row: SpeedRow;
  readonly gpus: readonly (SpeedDevice | undefined)[];
  readonly hardware: Hardware;
  readonly work: readonly BackendWork[];
  readonly spread: SpreadKind;
  /** Left out of the calibration. */
  readonly heldOut: boolean;
  /** Mixture of experts. */
  readonly experts: boolean;
}

/** What sets the builds of May 2024 apart from those of today: their kernels took longer to start and to attend. */
export interface OldBuilds {
  readonly blockTime: number;
  readonly cacheTime: number;
}

export const SPEED_CLASSES = Object.keys(SPEED.classes) as SpeedClass[];
export const SPEED_MAKERS = Object.keys(SPEED.cacheEfficiency) as SpeedMaker[];
export const SPREAD_KINDS = Object.keys(SPEED.spread) as SpreadKind[];

/** Rows with this column are of such a build. */
export const OLD_BUILD = "2024-05";

export function readSpeedRows(path: string | URL): SpeedRow[] {
  const [head, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  const columns = (head as string).split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    const cell = (name: string) => cells[columns.indexOf(name)] as string;
    return {
      gpu: cell("gpu"),
      gpus: Number(cell("gpus")),
      place: cell("place"),
      model: cell("model"),
      quant: cell("quant"),
      fileBytes: cell("fileBytes") === "" ? undefined : Number(cell("fileBytes")),
      tokens: Number(cell("tokens")),
      tokensPerSecond: Number(cell("tokensPerSecond")),
      backend: cell("backend"),
      built: cell("built"),
      source: cell("source"),
    };
  });
}

/** One in four pairs of model and GPU, chosen by a hash (FNV-1a) of their names. */
export function isHeldOut(row: SpeedRow): boolean {
  let hash = 0x811c9dc5;
  for (const letter of `${row.model} ${row.gpu}`) {
    hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  }
  return ((hash >>> 8) & 3) === 0;
}

const models = new Map<string, Model>();
const weighed = new Map<string, WeighedQuant>();

function modelOf(row: SpeedRow): Model {
  let model = models.get(row.model);
  if (!model) {
    const entry = findModel(row.model);
    if (!entry) throw new Error(`no model ${row.model}`);
    model = modelOfEntry(entry);
    models.set(row.model, model);
  }
  return model;
}

function quantOf(row: SpeedRow): WeighedQuant {
  const key = `${row.model}:${row.quant}`;
  let quant = weighed.get(key);
  if (!quant) {
    [quant] = weighQuants(modelOf(row), [row.quant]);
    if (!quant) throw new Error(`no quantization ${key}`);
    weighed.set(key, quant);
  }
  return quant;
}

/** Memory so large that it decides nothing: what a Strix Halo or a Mac was set to give its GPU is not known. */
const ENOUGH = "512GiB";

function hardwareOf(row: SpeedRow): Hardware {
  const host = { totalBytes: 1024 * GiB };
  if (row.gpu === "none") return { source: "given", devices: [], host, notes: [] };
  const spec = { gpu: `${row.gpus}x${row.gpu}` };
  const hardware = givenHardware(spec, host);
  const unified = hardware.devices[0]?.memory === "unified";
  return unified ? givenHardware({ ...spec, vram: ENOUGH }, host) : hardware;
}

type MeasuredPlacement = Omit<Placement, "layers">;

function placementOf(row: SpeedRow, planner: Planner, model: WeightedModel, contextLength: number): MeasuredPlacement {
  if (row.place === "gpu") return planner.placement(model, contextLength);
  if (row.place === "cpu") {
    return { gpuLayers: 0, cpuMoeLayers: 0, kvOffload: true, memory: planner.memoryOnCpu(model, contextLength) };
  }
  // the loader chose, and not how much: what fitcheck would do at a usual context stands in for it
  const placement = planner.bestPlacement(model, Math.max(contextLength, 8192));
  if (!placement) throw new Error(`${row.model} ${row.quant} does not fit ${row.gpu}`);
  return placement;
}

/** The row's model on the row's hardware. */
export function speedCell(row: SpeedRow): SpeedCell {
  const hardware = hardwareOf(row);
  const { model, fileBytes } = quantOf(row);
  const settings = { ...DEFAULT_SETTINGS, contextLength: Math.max(row.tokens + 64, 1024) };
  const planner = new Planner(hardware, settings);
  const placement = placementOf(row, planner, model, settings.contextLength);
  const plan = placeBlocks({
    ...placement,
    blockCount: model.hp.number("block_count"),
    devices: hardware.devices.map((device) => ({ totalBytes: device.usableBytes })),
  });
  const scale = (row.fileBytes ?? fileBytes) / fileBytes;
  const weights = weightReads(model, planReads(model, plan), placement.memory).map((read) => ({
    ...read,
    bytes: read.bytes * scale,
  }));
  const cache = cacheReads(model, plan, settings, row.tokens);
  const gpus = hardware.devices.map(speedDevice);
  return {
    row,
    gpus,
    hardware,
    work: weights.map((read: WeightReads, i) => ({ weights: read, cache: cache[i] as CacheReads })),
    spread: spreadKind(gpus, weights, plan),
    heldOut: isHeldOut(row),
    experts: model.hp.number("expert_count", 0) > 0,
  };
}

/** Tokens per second of a cell by these constants. */
export function estimatedSpeed(cell: SpeedCell, constants: SpeedConstants, old: OldBuilds): number {
  const isOld = cell.row.built === OLD_BUILD;
  const ram = ramRate(cell.hardware, constants.cpu).expected;
  return 1 / tokenSeconds(isOld ? aged(cell.work, old) : cell.work, cell.gpus, ram, constants);
}

/** The same work on a build of May 2024. */
function aged(work: readonly BackendWork[], old: OldBuilds): BackendWork[] {
  return work.map(({ weights, cache }) => ({
    weights: {
      bytes: weights.bytes,
      blocks: weights.blocks * old.blockTime,
      expertBlocks: weights.expertBlocks * old.blockTime,
      recurrentBlocks: weights.recurrentBlocks * old.blockTime,
    },
    cache: { bytes: cache.bytes * old.cacheTime, latentBytes: cache.latentBytes * old.cacheTime },
  }));
}
