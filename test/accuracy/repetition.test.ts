import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { accountMemory, type MemoryRequest } from "../../src/core/memory.js";
import { DEFAULT_SETTINGS } from "../../src/core/settings.js";
import { GiB } from "../../src/core/units.js";
import { weighQuants } from "../../src/core/weigh.js";
import { loadModel } from "../../src/sources/load-model.js";

/** One of these per model, in turn. */
const SETTINGS: readonly Partial<MemoryRequest>[] = [
  {},
  { allLogits: true, contextLength: 5000 },
  { flashAttention: "off", contextLength: 300 },
  { kvUnified: true, parallel: 4, ubatch: 128 },
  { gpuLayers: 7 },
  { cpuMoeLayers: 5 },
  { devices: [{ totalBytes: 24 * GiB }, { totalBytes: 12 * GiB }] },
];

it("leaves out of the graph only repetitions that change nothing, in every model of the catalog", async () => {
  const ids = readdirSync(new URL("../../data/models/", import.meta.url)).map((file) => file.slice(0, -".json".length));
  const different: string[] = [];
  for (const [i, id] of ids.entries()) {
    const [weighed] = weighQuants(await loadModel(id));
    if (!weighed) throw new Error(id);
    const request: MemoryRequest = {
      ...DEFAULT_SETTINGS,
      contextLength: 16384,
      gpuLayers: "all",
      cpuMoeLayers: 0,
      devices: [{ totalBytes: 24 * GiB }],
      ...SETTINGS[i % SETTINGS.length],
    };
    const shortened = accountMemory(weighed.model, request);
    const whole = accountMemory(weighed.model, { ...request, everyBlock: true });
    if (JSON.stringify(shortened) !== JSON.stringify(whole)) different.push(id);
  }
  expect(different).toEqual([]);
  expect(ids.length).toBeGreaterThan(300);
}, 60_000);
