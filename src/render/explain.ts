import type { CacheGroup, Explanation, PeakTensor } from "../core/explain.js";
import { rowBytes } from "../core/ggml.js";
import { GiB, MiB } from "../core/units.js";
import { gib, grouped } from "./format.js";
import type { Terminal } from "./terminal.js";
import { wrap } from "./wrap.js";

/** What a kind of cache is called, and the symbol of llama.cpp that decides its size. */
const KINDS: Readonly<Record<CacheGroup["kind"], { readonly name: string; readonly symbol: string }>> = {
  attention: { name: "attention", symbol: "llama_kv_cache" },
  latent: { name: "latent attention (K only, V is a view of it)", symbol: "llama_kv_cache, is_mla" },
  indexer: { name: "sparse attention indexer keys", symbol: "llama_kv_cache_dsa" },
  recurrent: { name: "recurrent state, per sequence", symbol: "llama_memory_recurrent" },
};

function size(bytes: number): string {
  const short = bytes >= GiB / 10 ? `${gib(bytes)} GiB` : `${(bytes / MiB).toFixed(2)} MiB`;
  return `${grouped(bytes)} bytes (${short})`;
}

function shapeWords(shape: readonly number[]): string {
  return `[${shape.map(grouped).join(" x ")}]`;
}

function cacheLines(group: CacheGroup): string[] {
  const kind = KINDS[group.kind];
  const symbol = group.sliding ? "llama_kv_cache_iswa: size_swa" : kind.symbol;
  const parts = group.tensors.map(({ type, shape }) => {
    const [width = 0, cells = 0, streams = 1] = shape;
    const times = [grouped(cells), ...(streams > 1 ? [grouped(streams)] : [])].join(" x ");
    return `${times} x ${grouped(rowBytes(type, width))} (${grouped(width)} ${type})`;
  });
  return [
    `  ${group.blocks} x ${kind.name}${group.sliding ? ", sliding window" : ""}: ${size(group.bytes * group.blocks)}`,
    `    each ${parts.join(" + ")} = ${grouped(group.bytes)}   [${symbol}]`,
  ];
}

function peakLine(tensor: PeakTensor): string {
  const what = tensor.op === "input" ? "input" : tensor.weight ? `${tensor.op} with ${tensor.weight}` : tensor.op;
  return `    ${what} ${shapeWords(tensor.shape)} ${tensor.type}: ${size(tensor.bytes)}`;
}

/** A line within the terminal's width; what does not fit goes on four further in than it began. */
function wrapLine(line: string, columns: number | undefined): string[] {
  const indent = /^ */.exec(line)?.[0] ?? "";
  return wrap(line, columns, `${indent}    `);
}

/** Values at the peak smaller than this are summed up. */
const SMALL = MiB;

/** The explanation as text: every figure of the estimate with its formula filled in and its source symbol. */
export function renderExplanation(title: string, explanation: Explanation, terminal: Terminal): string {
  const { shape, memory, peak } = explanation;
  const [device] = memory.devices;
  if (!device) return "";
  const window =
    explanation.window > 0 ? `, window ${grouped(explanation.window)} -> ${grouped(shape.slidingCells)} cells` : "";
  const small = peak.filter((tensor) => tensor.bytes < SMALL);
  const smallBytes = small.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const aliveBytes = peak.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const rest = device.computeBytes - aliveBytes;
  const lines = [
    title,
    "Everything on one GPU, as llama.cpp v0.5.0 accounts for it.",
    "",
    `Context: ${grouped(shape.contextLength)} tokens in ${shape.sequences} sequence${shape.sequences > 1 ? "s" : ""}, ${grouped(shape.cells)} cells each${window}   [llama_context: n_ctx, n_ctx_seq]`,
    `Batch: ${grouped(shape.tokens)} tokens, ${grouped(shape.outputs)} row${shape.outputs > 1 ? "s" : ""} of logits, flash attention ${explanation.flashAttention ? "on" : "off"}   [n_ubatch, n_outputs_max]`,
    "",
    `Weights on the GPU: ${size(device.weightsBytes)}   [llama_model::load_tensors]`,
    ...explanation.weights
      .filter((group) => group.side === "gpu")
      .map((group) => `  ${group.count} x ${group.type}: ${size(group.bytes)}`),
    `Weights in RAM: ${size(memory.host.weightsBytes)}   [LLM_TENSOR_LAYER_INPUT]`,
    ...explanation.weights
      .filter((group) => group.side === "host")
      .map((group) => `  ${group.count} x ${group.type}: ${size(group.bytes)}`),
    "",
    `Cache: ${size(device.cacheBytes)}`,
    ...explanation.caches.flatMap(cacheLines),
    ...(explanation.cachelessBlocks > 0 ? [`  ${explanation.cachelessBlocks} blocks keep nothing of their own`] : []),
    "",
    `Compute buffer: ${size(device.computeBytes)}   [ggml_gallocr, ggml_backend_sched]`,
    "  alive when it is largest:",
    ...peak.filter((tensor) => tensor.bytes >= SMALL).map(peakLine),
    ...(small.length > 0 ? [`    ${small.length} smaller values: ${size(smallBytes)}`] : []),
    ...(rest > 0 ? [`    gaps between them: ${size(rest)}`] : []),
    `Compute buffer in RAM: ${size(memory.host.computeBytes)}   [inputs, pinned]`,
    "",
    `Overhead: ${size(device.overheadBytes)}, a typical value: what driver and runtime take outside llama.cpp's accounting`,
    "",
    `GPU in all: ${size(device.totalBytes)}`,
    `RAM in all: ${size(memory.host.totalBytes)}`,
  ];
  return `${lines.flatMap((line) => wrapLine(line, terminal.columns)).join("\n")}\n`;
}
