import { describe, expect, it } from "vitest";
import type { Device, Hardware } from "../../src/core/hardware.js";
import { accountMemory, type WeightedModel } from "../../src/core/memory.js";
import { Planner } from "../../src/core/planner.js";
import type { Placement } from "../../src/core/report.js";
import { DEFAULT_SETTINGS, type Settings } from "../../src/core/settings.js";
import { MiB, TiB } from "../../src/core/units.js";
import { measuredModel } from "./cells.js";
import { type FitRow, fitRows, measuredModels } from "./load.js";

/** GPUs of these sizes, of a kind that nothing is set aside on: llama.cpp's fitting knows no overhead. RAM without end. */
function hardwareOf(row: FitRow): Hardware {
  const devices = row.gpu_total_mib.map(
    (mib, i): Device => ({
      id: `GPU${i}`,
      name: "GPU",
      vendor: "unknown",
      backend: "metal",
      memory: "discrete",
      totalBytes: mib * MiB,
      usableBytes: mib * MiB,
    }),
  );
  return { source: "given", devices, host: { totalBytes: 1024 * TiB }, notes: [] };
}

function weighted(name: string): WeightedModel {
  const model = measuredModel(name);
  const tensors = model?.quants[0]?.tensors ?? [];
  if (!model) throw new Error(`${name}: unknown architecture`);
  const types = tensors.map((tensor) => tensor.type);
  return { architecture: model.architecture, hp: model.hyperparameters, tensors, types };
}

interface Comparison {
  readonly row: FitRow;
  readonly placement: Placement | undefined;
  /** llama.cpp leaves nothing on the CPU, though it may need a split of its own for that. */
  readonly everythingThere: boolean;
  readonly everythingHere: boolean;
}

const comparisons: Comparison[] = measuredModels().flatMap((name) => {
  const model = weighted(name);
  return fitRows(name).map((row) => {
    // the fitting was asked with llama.cpp's bare context parameters, which keep full caches
    const settings: Settings = { ...DEFAULT_SETTINGS, contextLength: row.n_ctx_requested, swaFull: true };
    const planner = new Planner(hardwareOf(row), settings);
    const full = planner.fullPlacement(model, row.n_ctx_requested);
    const placement = full ?? planner.bestPlacement(model, row.n_ctx_requested);
    const layers = model.hp.number("block_count") + 1;
    return {
      row,
      placement,
      everythingThere: row.everything_on_gpu || (row.n_gpu_layers >= layers && row.overridden_layers === 0),
      everythingHere: full !== undefined,
    };
  });
});

const weightsThere = ({ row }: Comparison) => row.gpu.reduce((sum, gpu) => sum + gpu.model, 0);
const weightsHere = ({ placement }: Comparison) =>
  placement?.memory.devices.reduce((sum, device) => sum + device.weightsBytes, 0) ?? 0;
const describeRow = (comparison: Comparison) => {
  const { row, placement } = comparison;
  const plan = JSON.stringify({ ...placement, memory: undefined });
  return `${row.model} ${row.gpu_total_mib.join("+")} ctx ${row.n_ctx_requested}: ${weightsHere(comparison)} for ${weightsThere(comparison)} ${plan}`;
};

/** Without those that overflow from one GPU to the next, which is not known here. */
const placed = comparisons.filter(({ row }) => row.gpu.length === 1 || row.overridden_layers === 0);

/** The patterns of a row, which are cut short: the first says which block and which part, the others are whole. */
function overridesOf(row: FitRow): string[] {
  const [first = ""] = row.override_patterns.split("|blk");
  const block = Number(/\d+/.exec(first)?.[0]);
  const others = Array.from({ length: Math.max(row.overridden_layers - 1, 0) }, (_, i) => block + 1 + i);
  return others.length === 0
    ? [first].filter((pattern) => pattern !== "")
    : [first, `blk\\.(${others.join("|")})\\.ffn_(up|down|gate_up|gate)_(ch|)exps=CPU`];
}

describe("plans, held against llama.cpp's own fitting", () => {
  it("agrees in every row on whether everything fits", () => {
    expect(comparisons.length).toBeGreaterThan(500);
    const wrong = comparisons.filter(({ everythingThere, everythingHere }) => everythingThere !== everythingHere);
    expect(wrong.map(describeRow)).toEqual([]);
  });

  it("puts at least as many bytes of weights on the GPUs in nine of ten of the other rows", () => {
    const partial = comparisons.filter(({ everythingThere, everythingHere }) => !everythingThere && !everythingHere);
    const fewer = partial.filter((comparison) => weightsHere(comparison) < weightsThere(comparison));
    expect(fewer.length, fewer.map(describeRow).join("\n")).toBeLessThanOrEqual(partial.length * 0.1);
  });

  it("accounts for llama.cpp's own plans to the byte", () => {
    expect(placed.length).toBeGreaterThan(500);
    const wrong = placed.filter(({ row }) => {
      const overrides = overridesOf(row);
      const memory = accountMemory(weighted(row.model), {
        ...DEFAULT_SETTINGS,
        contextLength: row.n_ctx_requested,
        swaFull: true,
        gpuLayers: row.n_gpu_layers ?? "all",
        cpuMoeLayers: 0,
        devices: row.gpu_total_mib.map((mib) => ({ totalBytes: mib * MiB })),
        tensorSplit: row.tensor_split,
        ...(overrides.length > 0 ? { overrideTensors: overrides } : {}),
      });
      return row.gpu.some(
        (gpu, i) =>
          gpu.model !== memory.devices[i]?.weightsBytes ||
          gpu.context !== memory.devices[i]?.cacheBytes ||
          gpu.compute !== memory.devices[i]?.computeBytes,
      );
    });
    expect(wrong.map(({ row }) => `${row.model} ${row.gpu_total_mib} ${row.n_ctx_requested}`)).toEqual([]);
  });

  it("never takes the margin", () => {
    const over = comparisons.filter(({ row, placement }) =>
      placement?.memory.devices.some(
        (device, i) => device.totalBytes > ((row.gpu_total_mib[i] ?? 0) - row.margin_mib) * MiB,
      ),
    );
    expect(over.map(describeRow)).toEqual([]);
  });
});
