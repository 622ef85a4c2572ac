import type { FitReport, MemoryEstimate, QuantReport } from "../../src/core/report.js";
import { GiB } from "../../src/core/units.js";

/** Everything on one GPU: Mistral Small 24B's own cache and compute at 16,384 tokens. */
function onGpu(weightsBytes: number): MemoryEstimate {
  const parts = { weightsBytes, cacheBytes: 2_684_354_560, computeBytes: 247_474_304, overheadBytes: 536_870_912 };
  const totalBytes = weightsBytes + parts.cacheBytes + parts.computeBytes + parts.overheadBytes;
  return {
    devices: [{ id: "CUDA0", ...parts, totalBytes }],
    host: { weightsBytes: 377_487_360, cacheBytes: 0, computeBytes: 44_056_576, totalBytes: 421_543_936 },
  };
}

const PLACED = { layers: 41, cpuMoeLayers: 0, kvOffload: true } as const;

const QUANTS: readonly QuantReport[] = [
  {
    quant: "BF16",
    bitsPerWeight: 16,
    fileBytes: 47_153_518_272,
    fileSource: "computed",
    required: onGpu(46_472_970_240),
    verdict: "cpu",
    grade: "D",
    placement: { ...PLACED, gpuLayers: 0, memory: onGpu(46_472_970_240) },
    maxContextLength: 0,
    notes: [],
  },
  {
    quant: "Q8_0",
    bitsPerWeight: 8.5,
    fileBytes: 25_054_779_072,
    fileSource: "published",
    required: onGpu(24_676_531_200),
    verdict: "partial",
    grade: "D",
    placement: { ...PLACED, gpuLayers: 33, memory: onGpu(24_676_531_200) },
    maxContextLength: 0,
    speed: { decodeTokensPerSecond: { low: 5.1, expected: 6.84, high: 8.2 } },
    notes: [],
  },
  {
    quant: "Q6_K",
    bitsPerWeight: 6.56,
    fileBytes: 19_345_938_112,
    fileSource: "published",
    required: onGpu(19_053_250_560),
    verdict: "full",
    grade: "B",
    placement: { ...PLACED, gpuLayers: 41, memory: onGpu(19_053_250_560) },
    maxContextLength: 19_456,
    speed: { decodeTokensPerSecond: { low: 39, expected: 44.2, high: 49 } },
    notes: [],
  },
  {
    quant: "Q4_K_M",
    bitsPerWeight: 4.86,
    fileBytes: 14_333_910_176,
    fileSource: "published",
    required: onGpu(13_948_538_880),
    verdict: "full",
    grade: "A",
    placement: { ...PLACED, gpuLayers: 41, memory: onGpu(13_948_538_880) },
    maxContextLength: 32_768,
    speed: { decodeTokensPerSecond: { low: 52, expected: 58.7, high: 66 } },
    notes: [],
  },
  {
    quant: "IQ2_XXS",
    bitsPerWeight: 2.2,
    fileBytes: 6_544_000_000,
    fileSource: "computed",
    required: onGpu(6_300_000_000),
    verdict: "full",
    grade: "A",
    placement: { ...PLACED, gpuLayers: 41, memory: onGpu(6_300_000_000) },
    maxContextLength: 32_768,
    speed: { decodeTokensPerSecond: { low: 90, expected: 104, high: 118 } },
    notes: [{ code: "NEEDS_IMATRIX", args: {} }],
  },
];

/** One literal report that every format is tested with. */
export const REPORT: FitReport = {
  schemaVersion: 1,
  tool: { name: "fitcheck", version: "0.0.0-test", dataDate: "2026-01-01" },
  model: {
    id: "deepseek-r1-distill-mistral-24b",
    name: "DeepSeek R1 Distill Mistral 24B",
    source: "catalog",
    architecture: "llama",
    parameters: 23_572_403_200,
    layers: 40,
    contextLength: 32_768,
    license: "Apache-2.0",
  },
  settings: {
    contextLength: 16_384,
    parallel: 1,
    kvUnified: false,
    batch: 2048,
    ubatch: 512,
    cacheTypeK: "f16",
    cacheTypeV: "f16",
    flashAttention: "auto",
    swaFull: false,
    allLogits: false,
    kvOffload: true,
    runtime: "llama.cpp",
    marginBytes: GiB,
  },
  assumed: [
    "parallel",
    "kvUnified",
    "batch",
    "ubatch",
    "cacheTypeK",
    "cacheTypeV",
    "flashAttention",
    "swaFull",
    "allLogits",
    "kvOffload",
    "runtime",
    "marginBytes",
  ],
  hardware: {
    source: "given",
    devices: [
      {
        id: "CUDA0",
        name: "NVIDIA GeForce RTX 4090",
        vendor: "nvidia",
        backend: "cuda",
        memory: "discrete",
        totalBytes: 25_757_220_864,
        usableBytes: 25_386_024_960,
        bandwidthBytesPerSecond: 1_008_000_000_000,
      },
    ],
    host: { totalBytes: 64 * GiB, availableBytes: 50 * GiB },
  },
  quants: QUANTS,
  recommended: { quant: "Q6_K", reason: "LARGEST_FITTING" },
  commands: {
    "llama.cpp":
      "llama-server -hf bartowski/DeepSeek-R1-Distill-Mistral-24B-GGUF:Q6_K -c 16384 -np 1 -ngl 999 -fa auto -ctk f16 -ctv f16 -b 2048 -ub 512",
    ollama:
      "OLLAMA_CONTEXT_LENGTH=16384 OLLAMA_NUM_PARALLEL=1 OLLAMA_KV_CACHE_TYPE=f16 ollama serve\nollama run hf.co/bartowski/DeepSeek-R1-Distill-Mistral-24B-GGUF:Q6_K",
  },
  notes: [{ code: "CONTEXT_ABOVE_TRAINED", args: { contextLength: 40_960, trained: 32_768 } }],
};
