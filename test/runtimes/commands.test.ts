import { describe, expect, it } from "vitest";
import type { Placement } from "../../src/core/report.js";
import { llamaCpp } from "../../src/runtimes/llama-cpp.js";
import { ollama } from "../../src/runtimes/ollama.js";
import type { RunPlan } from "../../src/runtimes/plan.js";
import type { Weights } from "../../src/runtimes/weights.js";
import { REPORT } from "../support/report.js";

const REPOSITORY: Weights = { kind: "repository", repository: "org/Model-GGUF" };
const WHOLE = { gpuLayers: 41, layers: 41, cpuMoeLayers: 0, kvOffload: true } as Placement;

interface Changes {
  readonly weights?: Weights;
  readonly settings?: Partial<RunPlan["settings"]>;
  readonly placement?: Partial<Placement>;
  readonly deviceCount?: number;
}

function plan(changes: Changes = {}): RunPlan {
  return {
    quant: "Q4_K_M",
    weights: changes.weights ?? REPOSITORY,
    settings: { ...REPORT.settings, ...changes.settings },
    placement: { ...WHOLE, ...changes.placement },
    deviceCount: changes.deviceCount ?? 1,
  };
}

const DEFAULTS = "-fa auto -ctk f16 -ctv f16 -b 2048 -ub 512";

describe("llama.cpp", () => {
  it.each<[string, Changes, string]>([
    [
      "sets everything the estimate rests on",
      {},
      `llama-server -hf org/Model-GGUF:Q4_K_M -c 16384 -np 1 -ngl 999 ${DEFAULTS}`,
    ],
    [
      "quotes a path with spaces",
      { weights: { kind: "file", path: "/my models/it's.gguf" } },
      `llama-server -m '/my models/it'\\''s.gguf' -c 16384 -np 1 -ngl 999 ${DEFAULTS}`,
    ],
    [
      "places a part on the CPU",
      { placement: { gpuLayers: 12, cpuMoeLayers: 3, kvOffload: false } },
      `llama-server -hf org/Model-GGUF:Q4_K_M -c 16384 -np 1 -ngl 12 --n-cpu-moe 3 --no-kv-offload ${DEFAULTS}`,
    ],
    [
      "keeps single weights on the CPU",
      { placement: { cpuMoeLayers: 3, overrideTensors: ["blk\\.3\\.ffn_down_exps=CPU"] } },
      `llama-server -hf org/Model-GGUF:Q4_K_M -c 16384 -np 1 -ngl 999 --n-cpu-moe 3 -ot 'blk\\.3\\.ffn_down_exps=CPU' ${DEFAULTS}`,
    ],
    [
      "splits over several GPUs",
      { placement: { tensorSplit: [3, 1] }, deviceCount: 2 },
      `llama-server -hf org/Model-GGUF:Q4_K_M -c 16384 -np 1 -ngl 999 -ts 3,1 ${DEFAULTS}`,
    ],
    [
      "keeps sequences, cache and batch",
      {
        settings: { parallel: 4, kvUnified: true, cacheTypeK: "q8_0", cacheTypeV: "q4_0", swaFull: true, ubatch: 256 },
      },
      "llama-server -hf org/Model-GGUF:Q4_K_M -c 16384 -np 4 --kv-unified -ngl 999 -fa auto -ctk q8_0 -ctv q4_0 -b 2048 -ub 256 --swa-full",
    ],
  ])("%s", (_, changes, command) => {
    expect(llamaCpp.command(plan(changes))).toBe(command);
  });
});

describe("Ollama", () => {
  it.each<[string, Changes, string[]]>([
    [
      "needs only the environment for a plan that is all on the GPU",
      {},
      [
        "OLLAMA_CONTEXT_LENGTH=16384 OLLAMA_NUM_PARALLEL=1 OLLAMA_KV_CACHE_TYPE=f16 ollama serve",
        "ollama run hf.co/org/Model-GGUF:Q4_K_M",
      ],
    ],
    [
      "gives each sequence its share and turns on what a quantized cache needs",
      { settings: { parallel: 4, cacheTypeK: "q8_0", cacheTypeV: "q8_0" } },
      [
        "OLLAMA_CONTEXT_LENGTH=4096 OLLAMA_NUM_PARALLEL=4 OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE=q8_0 ollama serve",
        "ollama run hf.co/org/Model-GGUF:Q4_K_M",
      ],
    ],
    [
      "makes a model of its own for a file or for layers on the CPU",
      { weights: { kind: "file", path: "/my models/a.gguf" }, placement: { gpuLayers: 12 }, settings: { ubatch: 256 } },
      [
        "OLLAMA_CONTEXT_LENGTH=16384 OLLAMA_NUM_PARALLEL=1 OLLAMA_KV_CACHE_TYPE=f16 ollama serve",
        "printf '%s\\n' 'FROM /my models/a.gguf' 'PARAMETER num_gpu 12' 'PARAMETER num_batch 256' > Modelfile && ollama create fitcheck -f Modelfile",
        "ollama run fitcheck",
      ],
    ],
  ])("%s", (_, changes, lines) => {
    expect(ollama.command(plan(changes))?.split("\n")).toEqual(lines);
  });

  it("says what it cannot be told", () => {
    const changes: Changes = {
      settings: { cacheTypeK: "q5_1", cacheTypeV: "q4_0", swaFull: true },
      placement: { cpuMoeLayers: 3, kvOffload: false },
    };
    expect(ollama.unsupported(plan(changes))).toEqual([
      "--cache-type-k q5_1",
      "--cache-type-v q4_0",
      "--n-cpu-moe",
      "--no-kv-offload",
      "--swa-full",
    ]);
    expect(ollama.unsupported(plan())).toEqual([]);
  });
});
