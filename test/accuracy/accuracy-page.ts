import { headLength } from "../../src/core/head-length.js";
import { type Cell, measuredModel } from "./cells.js";
import { fileRows, measuredModels, readHeader } from "./load.js";
import { type RunResult, totalError, totalHolds } from "./logs.js";
import { speedSection } from "./speed-page.js";

const TERMS = ["weights", "cache", "compute", "total"] as const;

interface Errors {
  readonly count: number;
  readonly exact: number;
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
}

function errorsOf(pairs: readonly { readonly measured: number; readonly estimated: number }[]): Errors {
  const relative = pairs
    .filter(({ measured, estimated }) => measured > 0 || estimated > 0)
    .map(({ measured, estimated }) => (measured === 0 ? 1 : Math.abs(estimated - measured) / measured))
    .sort((a, b) => a - b);
  const at = (q: number) => relative[Math.max(0, Math.ceil(relative.length * q) - 1)] ?? 0;
  return {
    count: relative.length,
    exact: relative.filter((error) => error === 0).length,
    median: at(0.5),
    p95: at(0.95),
    worst: at(1),
  };
}

function percent(value: number): string {
  if (value === 0) return "0";
  const text = (value * 100).toPrecision(3);
  return `${Number(text) >= 100 ? Math.round(Number(text)) : text} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What a tool that knows only full attention computes for the cache: `2 x layers x KV heads x head length x tokens x 2 bytes`. */
function fullAttentionCache(cell: Cell): number {
  const { metadata: hp } = readHeaderOnce(cell.model);
  const heads = hp.number("attention.head_count_kv", hp.number("attention.head_count", 0));
  const length = headLength(hp, "key");
  return 2 * hp.number("block_count") * heads * length * cell.row.n_ctx * 2;
}

const headers = new Map<string, ReturnType<typeof readHeader>>();
function readHeaderOnce(model: string): ReturnType<typeof readHeader> {
  let header = headers.get(model);
  if (!header) {
    header = readHeader(model);
    headers.set(model, header);
  }
  return header;
}

/** The number in a quantization's name, which is not its bits per weight. */
function nominalBits(quant: string): number {
  if (quant === "MXFP4") return 4;
  return quant.startsWith("F")
    ? Number(quant.slice(1))
    : quant.startsWith("BF")
      ? 16
      : Number(/\d/.exec(quant)?.[0] ?? 0);
}

/** Published logs of real loads beside the estimate. */
function logsSection(results: readonly RunResult[]): string {
  const groups = new Map<string, RunResult[]>();
  for (const result of results) {
    const key = `${result.run.backend} | ${result.run.model} | ${result.run.quant}${result.stock ? "" : " *"}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const worst = (list: readonly RunResult[], of: (result: RunResult) => number) =>
    list.map(of).reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0);
  const mib = (value: number) => `${value > 0 ? "+" : ""}${value.toFixed(1)}`.replace(/^-0\.0$/, "0.0");
  const rows = [...groups].map(([key, list]) => [
    key,
    String(list.length),
    mib(worst(list, ({ run, weights }) => weights - run.weightsMib)),
    mib(worst(list, ({ run, cache }) => cache - run.cacheMib)),
    mib(worst(list, ({ run, compute }) => compute - run.computeMib)),
    mib(worst(list, totalError)),
    String(list.filter(totalHolds).length),
  ]);
  const outside = results.filter((result) => !totalHolds(result));
  const why = (result: RunResult) =>
    result.run.backend === "Metal" ? "Metal maps the whole file for the GPU, the embedding included" : "not explained";
  return `## Against the logs of real runs

${results.length} published logs of llama.cpp builds of August 2025 and later, everything on one GPU
(\`test/fixtures/logs\`), as the worst difference in MiB. A star marks files that are not what the stock recipe makes:
there the weights follow from the size of the file's tensors. Total within 4 % or 300 MiB: ${results.filter(totalHolds).length} of ${results.length}.

${table(["backend", "model", "quantization", "runs", "weights", "cache", "compute", "total", "within"], rows)}

${outside.length === 0 ? "None is outside." : `Outside:\n\n${outside.map((result) => `- ${result.run.model} ${result.run.quant}, ${result.run.backend} ${result.run.build}: ${mib(totalError(result))} MiB; ${why(result)}`).join("\n")}`}
`;
}

/** Catalog models that are not among the ground truth's, measured with another build. */
function beyondSection(cells: readonly Cell[]): string {
  const architectures = [...new Set(cells.map((cell) => cell.architecture))].sort();
  const terms = TERMS.filter((term) => term !== "total");
  const rows = architectures.map((architecture) => {
    const mine = cells.filter((cell) => cell.architecture === architecture);
    const compared = errorsOf(mine.filter((cell) => cell.term !== "total"));
    return [
      architecture,
      String(new Set(mine.map((cell) => cell.model)).size),
      String(new Set(mine.map((cell) => cell.row)).size),
      percent(compared.exact / compared.count),
      ...terms.map((term) => percent(errorsOf(mine.filter((cell) => cell.term === term)).worst)),
    ];
  });
  return `## Models outside the ground truth

${new Set(cells.map((cell) => cell.model)).size} models of the catalog under ${new Set(cells.map((cell) => cell.row)).size} settings, measured with llama.cpp b10256
(\`test/fixtures/measured/README.md\`). Left out are the cells where that build is known to do otherwise than v0.5.0
(\`test/accuracy/measured.ts\`): the weights of deepseek32 and glm-dsa, the cache of GLM 4.7 Flash.

${table(["architecture", "models", "settings", "exact to the byte", "weights, worst", "cache, worst", "compute, worst"], rows)}
`;
}

/** The page of errors: per architecture and term ours, beside what the formulas of other tools give. */
export function accuracyPage(cells: readonly Cell[], beyond: readonly Cell[], runs: readonly RunResult[]): string {
  const architectures = [...new Set(cells.map((cell) => cell.architecture))].sort();
  const ours = architectures.flatMap((architecture) =>
    TERMS.map((term) => {
      const errors = errorsOf(cells.filter((cell) => cell.architecture === architecture && cell.term === term));
      return [
        architecture,
        term,
        String(errors.count),
        String(errors.exact),
        percent(errors.median),
        percent(errors.p95),
        percent(errors.worst),
      ];
    }),
  );
  const all = TERMS.map((term) => {
    const errors = errorsOf(cells.filter((cell) => cell.term === term));
    return [
      term,
      String(errors.count),
      String(errors.exact),
      percent(errors.median),
      percent(errors.p95),
      percent(errors.worst),
    ];
  });
  const f16OneGpu = cells.filter(
    (cell) =>
      cell.term === "cache" &&
      cell.place === 0 &&
      cell.row.type_k === "f16" &&
      cell.row.type_v === "f16" &&
      cell.row.gpu.length === 1 &&
      cell.row.n_gpu_layers >= 999 &&
      cell.row.offload_kqv,
  );
  const peers = architectures.map((architecture) => {
    const mine = f16OneGpu.filter((cell) => cell.architecture === architecture);
    const theirs = errorsOf(mine.map((cell) => ({ measured: cell.measured, estimated: fullAttentionCache(cell) })));
    const own = errorsOf(mine);
    return [architecture, String(own.count), percent(own.worst), percent(theirs.median), percent(theirs.worst)];
  });
  const files = measuredModels()
    .filter((name) => measuredModel(name))
    .flatMap((name) => fileRows(name));
  const nominal = errorsOf(
    files.map((row) => ({ measured: row.tensor_bytes, estimated: (row.parameters * nominalBits(row.quant)) / 8 })),
  );
  return `# Accuracy

Generated by the accuracy tests (\`npx vitest run test/accuracy -u\`); do not edit.

Every figure is held against what llama.cpp v0.5.0 (source of 2026-09-28) itself accounts for: ${new Set(cells.map((cell) => cell.model)).size} models,
${new Set(cells.map((cell) => cell.row)).size} settings in all: contexts from 300 to 131,072 tokens, quantized caches, with and without flash attention, one
sequence and several, all or one row of logits, part of the layers or of the experts on the CPU, one to three GPUs. How it
was measured is told in \`test/fixtures/groundtruth/README.md\`. Errors are relative to the measured bytes; cells where both
are zero are not counted.

## All architectures

${table(["term", "cells", "exact to the byte", "median error", "95th percentile", "worst"], all)}

## Per architecture

${table(["architecture", "term", "cells", "exact to the byte", "median error", "95th percentile", "worst"], ours)}

${beyondSection(beyond)}
## What simpler formulas give on the same cells

**Cache**, F16, everything on one GPU: \`2 x layers x KV heads x head length x context x 2 bytes\`, which most calculators use.

${table(["architecture", "cells", "fitcheck, worst", "the formula, median", "the formula, worst"], peers)}

**Weights**: \`parameters x bits in the name / 8\` over ${files.length} files of ${new Set(files.map((row) => row.model)).size} models: median error ${percent(nominal.median)}, 95th percentile ${percent(nominal.p95)}, worst ${percent(nominal.worst)}. fitcheck: 0 on all of them (\`test/accuracy/files.test.ts\`).

${logsSection(runs)}
${speedSection()}`;
}
