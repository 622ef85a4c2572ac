import { describe, expect, it } from "vitest";
import type { Change, FitReport, MemoryEstimate } from "../../src/core/report.js";
import { fitcheck } from "../support/io.js";

type Options = Readonly<Record<string, string>>;

/** Questions whose answer is no, by their options. */
const QUESTIONS: readonly (readonly [model: string, options: Options])[] = [
  ["llama-3.1-8b", { quant: "Q8_0", ctx: "32768", gpu: "rtx-4060", ram: "32G" }],
  ["llama-3.1-8b", { quant: "F16", ctx: "8192", vram: "8G", ram: "32G" }],
  ["llama-3.1-8b", { quant: "Q4_K_M", ctx: "65536", parallel: "4", gpu: "rtx-3060-12gb", ram: "64G" }],
  ["llama-3.1-8b", { quant: "Q4_K_M", ctx: "131072", parallel: "8", "kv-unified": "", vram: "10G", ram: "64G" }],
  ["llama-3.1-8b", { quant: "Q6_K", ctx: "16384", "gpu-layers": "all", vram: "6G", ram: "32G" }],
  ["deepseek-r1-mistral-24b", { quant: "Q8_0", ctx: "32768", gpu: "rtx-4090", ram: "64G" }],
  ["llama-3.3-70b", { quant: "Q4_K_M", ctx: "32768", gpu: "2x rtx-3090", ram: "128G" }],
  ["llama-3.3-70b", { quant: "Q8_0", ctx: "16384", gpu: "2x rtx-4090", "tensor-split": "1,1", ram: "128G" }],
  ["qwen3-30b-a3b", { quant: "Q4_K_M", ctx: "32768", gpu: "rtx-4060", ram: "64G" }],
  ["gpt-oss-20b", { quant: "MXFP4", ctx: "65536", vram: "12G", ram: "64G", "cache-type-k": "f16" }],
  ["gemma-3-27b", { quant: "Q5_K_M", ctx: "65536", gpu: "rtx-3090", ram: "64G", "ubatch-size": "2048" }],
  ["qwen3-32b", { quant: "Q4_K_M", ctx: "32768", vram: "16G", ram: "24G", "swa-full": "" }],
];

function lineOf(model: string, options: Options): string {
  const words = Object.entries(options).map(([name, value]) => `--${name}${value === "" ? "" : ` "${value}"`}`);
  return `${model} ${words.join(" ")} --json`;
}

async function ask(model: string, options: Options): Promise<FitReport["quants"][number]> {
  const line = lineOf(model, options);
  const { out } = await fitcheck(line);
  const row = (JSON.parse(out) as FitReport).quants?.[0];
  if (!row) throw new Error(`${line}: ${out}`);
  return row;
}

/** The options with a change applied, as a user would. */
function changed(options: Options, change: Change): Options {
  const kept = Object.entries(options).filter(([name]) => !change.drop?.includes(name));
  return { ...Object.fromEntries(kept), ...change.options };
}

const totals = (memory: MemoryEstimate | undefined) =>
  memory && [...memory.devices, memory.host].map((part) => ({ ...part, id: "" }));
const onGpus = (memory: MemoryEstimate) => memory.devices.reduce((sum, device) => sum + device.totalBytes, 0);

describe("what would make it fit", () => {
  it.each(QUESTIONS)(
    "is true: %s %o",
    async (model, options) => {
      const row = await ask(model, options);
      expect(["partial", "cpu", "none"]).toContain(row.verdict);
      const changes = row.changes ?? [];
      expect(changes.length).toBeGreaterThan(2);
      expect(changes.some((change) => change.verdict === "full")).toBe(true);
      for (const change of changes) {
        const then = await ask(model, changed(options, change));
        const what = JSON.stringify(change.options);
        expect(then.verdict, what).toBe(change.verdict);
        expect(totals(then.placement?.memory), what).toEqual(totals(change.memory));
        expect(onGpus(row.required) - onGpus(change.memory), what).toBe(change.savedBytes);
      }
    },
    60_000,
  );

  it("lists the cheapest first, and pairs only of changes that do not suffice alone", async () => {
    for (const [model, options] of QUESTIONS.slice(0, 4)) {
      const { changes = [] } = await ask(model, options);
      expect(changes.map((change) => change.cost)).toEqual(changes.map((change) => change.cost).sort((a, b) => a - b));
      const alone = changes
        .filter((change) => change.steps.length === 1)
        .map((change) => JSON.stringify(change.steps[0]));
      for (const pair of changes.filter((change) => change.steps.length === 2)) {
        expect(pair.steps.filter((step) => alone.includes(JSON.stringify(step)))).toEqual([]);
      }
    }
  }, 60_000);

  it("says the largest context that fits: 256 tokens more do not", async () => {
    const [model, options] = QUESTIONS[2] as (typeof QUESTIONS)[number];
    const change = (await ask(model, options)).changes?.find(
      ({ steps }) => steps[0]?.code === "SHORTER_CONTEXT" && steps.length === 1,
    );
    const more = String(Number(change?.options["ctx"]) + 4 * 256);
    expect((await ask(model, { ...options, ctx: more })).verdict).not.toBe("full");
  });

  it("is asked for by name, and not given where it fits", async () => {
    const all = JSON.parse((await fitcheck("llama-3.1-8b --vram 8G --ram 32G --json")).out) as FitReport;
    expect(all.quants.filter((quant) => quant.changes)).toEqual([]);
    expect((await ask("llama-3.1-8b", { quant: "Q4_K_M", vram: "24G", ram: "32G" })).changes).toBeUndefined();
  });
});
