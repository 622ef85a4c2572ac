import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Placement } from "../../src/core/report.js";
import { llamaCli } from "../../src/runtimes/llama-cli.js";
import { llamaCpp } from "../../src/runtimes/llama-cpp.js";
import { lmStudio } from "../../src/runtimes/lm-studio.js";
import { mlx } from "../../src/runtimes/mlx.js";
import { ollama } from "../../src/runtimes/ollama.js";
import type { RunPlan } from "../../src/runtimes/plan.js";
import { vllm } from "../../src/runtimes/vllm.js";
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

/** Option -> whether a value follows, as llama.cpp documents them. */
const FLAGS = new Map(
  readFileSync(new URL("../fixtures/runtimes/llama-flags.txt", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("-"))
    .flatMap((line) => {
      const words = line.split(" ");
      return words.filter((word) => word !== "=").map((word) => [word, words.includes("=")] as const);
    }),
);

describe("llama.cpp's options", () => {
  const plans = fc
    .record({
      weights: fc.constantFrom<Weights>(
        REPOSITORY,
        { kind: "file", path: "/a b.gguf" },
        { kind: "url", url: "https://host/a.gguf" },
        { kind: "unknown", placeholder: "a.gguf" },
      ),
      settings: fc.record({
        parallel: fc.constantFrom(1, 4),
        kvUnified: fc.boolean(),
        cacheTypeK: fc.constantFrom("f16" as const, "q8_0" as const),
        swaFull: fc.boolean(),
      }),
      placement: fc.record({
        gpuLayers: fc.constantFrom(0, 12, 41),
        cpuMoeLayers: fc.constantFrom(0, 3),
        kvOffload: fc.boolean(),
        tensorSplit: fc.constantFrom([3, 1]),
        overrideTensors: fc.constantFrom(["blk\\.3\\.(ffn_up_exps)=CPU"]),
      }),
      deviceCount: fc.constantFrom(0, 1, 2),
    })
    .map((changes) => ({ ...plan(changes as Changes), cpuOnly: changes.placement.gpuLayers === 0 }));

  it.each([llamaCpp, llamaCli])("$id is told nothing it does not know", (runtime) => {
    fc.assert(
      fc.property(plans, (made) => {
        const words =
          runtime
            .command(made)
            ?.match(/(?:'[^']*'|[^\s'])+/g)
            ?.slice(1) ?? [];
        for (let i = 0; i < words.length; i++) {
          const takesValue = FLAGS.get(words[i] as string);
          expect(takesValue, `${words[i]} in ${words.join(" ")}`).toBeDefined();
          if (takesValue) i++;
        }
      }),
    );
  });
});

describe("other runtimes", () => {
  it("chats in the terminal with the options of the server", () => {
    expect(llamaCli.command(plan())).toBe(`llama-cli -hf org/Model-GGUF:Q4_K_M -c 16384 -ngl 999 ${DEFAULTS}`);
    expect(llamaCli.command(plan({ settings: { parallel: 2 } }))).toBeUndefined();
  });

  it("loads in LM Studio with context and offload, and says what that cannot be told", () => {
    expect(lmStudio.command(plan())?.split("\n")).toEqual([
      "lms get https://huggingface.co/org/Model-GGUF@q4_k_m",
      "lms load model --context-length 16384 --gpu max --identifier fitcheck",
    ]);
    const half = plan({ placement: { gpuLayers: 20, kvOffload: false }, settings: { cacheTypeK: "q8_0" } });
    expect(lmStudio.command(half)).toContain("--gpu 0.48");
    expect(lmStudio.unsupported(half)).toEqual(["--cache-type-k q8_0", "--no-kv-offload"]);
    expect(lmStudio.unsupported(plan())).toEqual([]);
    expect(lmStudio.command(plan({ weights: { kind: "unknown", placeholder: "a.gguf" } }))).toBeUndefined();
  });

  it("serves checkpoints with vLLM, whole and on GPUs only", () => {
    const whole = { ...plan({ settings: { parallel: 4 }, deviceCount: 2 }), checkpoint: "org/Model" };
    expect(vllm.command(whole)).toBe(
      "vllm serve org/Model --max-model-len 4096 --max-num-seqs 4 --pipeline-parallel-size 2",
    );
    expect(vllm.command(plan())).toBeUndefined();
    expect(vllm.command({ ...plan({ placement: { gpuLayers: 12 } }), checkpoint: "org/Model" })).toBeUndefined();
    expect(vllm.command({ ...whole, backend: "metal" })).toBeUndefined();
  });

  it("serves checkpoints with MLX on Apple's GPUs", () => {
    const apple = { ...plan({ settings: { cacheTypeK: "q8_0", cacheTypeV: "q8_0" } }), backend: "metal" as const };
    expect(mlx.command({ ...apple, checkpoint: "org/Model" })).toBe(
      "mlx_lm.server --model org/Model --kv-bits 8 --quantized-kv-start 0",
    );
    expect(mlx.command(apple)).toBeUndefined();
    expect(mlx.unsupported(apple)).toEqual(["--ctx"]);
  });
});
