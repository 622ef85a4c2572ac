import { readFileSync } from "node:fs";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import type { CacheType } from "../../src/core/ggml.js";
import { MiB } from "../../src/core/units.js";
import { weighQuants } from "../../src/core/weigh.js";
import { loadModel } from "../../src/sources/load-model.js";

/** A published log of one load, sizes in MiB. */
interface Run {
  readonly id: string;
  readonly source: string;
  readonly build: string;
  readonly backend: string;
  readonly model: string;
  readonly quant: string;
  readonly ctx: number;
  readonly ubatch: number;
  readonly sequences: number;
  readonly unified: boolean;
  readonly flash: string;
  readonly cacheK: CacheType;
  readonly cacheV: CacheType;
  readonly swaFull: boolean;
  readonly weightsMib: number;
  readonly cacheMib: number;
  readonly computeMib: number;
  readonly fileMib: number;
}

/** A run beside our estimate, MiB. */
export interface RunResult {
  readonly run: Run;
  /** True when the file is what llama.cpp's own recipe makes, so that its types are known from the label. */
  readonly stock: boolean;
  /** Of a stock file from the recipe, of any other from the size of its tensors. */
  readonly weights: number;
  readonly cache: number;
  readonly compute: number;
  readonly overhead: number;
}

const readRuns = (): Run[] =>
  readFileSync(new URL("../fixtures/logs/runs.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Run);

export async function runResults(): Promise<RunResult[]> {
  return Promise.all(readRuns().map(compare));
}

async function compare(run: Run): Promise<RunResult> {
  const model = await loadModel(run.model);
  const estimate = estimateMemory(model, {
    quant: run.quant,
    contextLength: run.ctx,
    ubatch: run.ubatch,
    parallel: run.sequences,
    kvUnified: run.unified,
    cacheTypeK: run.cacheK,
    cacheTypeV: run.cacheV,
    flashAttention: run.flash === "off" ? "off" : "auto",
    swaFull: run.swaFull,
    allLogits: true,
  });
  const [device] = estimate.devices;
  const [weighed] = weighQuants(model, [run.quant]);
  if (!device || !weighed) throw new Error(run.id);
  const recipeMib = weighed.tensorBytes / MiB;
  const stock = Math.abs(run.fileMib / recipeMib - 1) < 0.002;
  const fromRecipe = device.weightsBytes / MiB;
  return {
    run,
    stock,
    // a file made otherwise: what the recipe leaves in RAM or loads twice is the same, the rest is the file's own
    weights: stock ? fromRecipe : run.fileMib + (fromRecipe - recipeMib),
    cache: device.cacheBytes / MiB,
    compute: device.computeBytes / MiB,
    overhead: device.overheadBytes / MiB,
  };
}

/** Error of the sum llama.cpp prints for the GPU, MiB. */
export function totalError({ run, weights, cache, compute }: RunResult): number {
  return weights + cache + compute - run.weightsMib - run.cacheMib - run.computeMib;
}

/** Within 4 % or 300 MiB. */
export function totalHolds(result: RunResult): boolean {
  const { run } = result;
  const measured = run.weightsMib + run.cacheMib + run.computeMib;
  return Math.abs(totalError(result)) <= Math.max(0.04 * measured, 300);
}
