import { readFileSync } from "node:fs";
import { type SpeedClass, speedClassOf } from "../../src/core/speed-class.js";
import { SPEED } from "../../src/core/speed-constants.js";
import { estimatedSpeed, OLD_BUILD, type OldBuilds, readSpeedRows, type SpeedCell, speedCell } from "./speed-cells.js";

const FIXTURES = new URL("../fixtures/speed/", import.meta.url);

/** A measured speed beside ours, in tokens per second. */
export interface SpeedResult {
  readonly cell: SpeedCell;
  readonly measured: number;
  readonly low: number;
  readonly expected: number;
  readonly high: number;
}

/** Every measured speed; the band is that of a context known to be as full as it was. */
export function speedResults(): SpeedResult[] {
  const old = JSON.parse(readFileSync(new URL("old-builds.json", FIXTURES), "utf8")) as OldBuilds;
  return readSpeedRows(new URL("rows.csv", FIXTURES)).map((row) => {
    const cell = speedCell(row);
    const { low, high } = SPEED.spread[cell.spread];
    const { assumed } = SPEED.cpu;
    const at = (ram: number) =>
      estimatedSpeed(cell, { ...SPEED, cpu: { ...SPEED.cpu, assumed: { ...assumed, expected: ram } } }, old);
    const expected = at(assumed.expected);
    return {
      cell,
      measured: row.tokensPerSecond,
      low: at(assumed.low) * low,
      expected,
      high: at(assumed.high) * high,
    };
  });
}

export interface SpeedErrors {
  readonly count: number;
  /** Median and 90th percentile of the errors, relative to what was measured. */
  readonly median: number;
  readonly p90: number;
  /** Part of the measured values inside the band. */
  readonly inside: number;
}

export function speedErrors(results: readonly SpeedResult[]): SpeedErrors {
  const errors = results
    .map(({ measured, expected }) => Math.abs(expected - measured) / measured)
    .sort((a, b) => a - b);
  const at = (q: number) => errors[Math.max(0, Math.ceil(errors.length * q) - 1)] ?? 0;
  const inside = results.filter(({ measured, low, high }) => low <= measured && measured <= high).length;
  return { count: results.length, median: at(0.5), p90: at(0.9), inside: inside / Math.max(1, results.length) };
}

const NAMES: Readonly<Record<SpeedClass, string>> = {
  nvidia: "NVIDIA, Turing to Blackwell (GDDR)",
  "nvidia-hbm": "NVIDIA A100, H100 (HBM)",
  "nvidia-pascal": "NVIDIA Pascal",
  "nvidia-unified": "NVIDIA GB10",
  "apple-m1": "Apple M1",
  "apple-m2": "Apple M2, M3",
  "apple-m4": "Apple M4, M5",
  amd: "AMD Radeon (RDNA)",
  "amd-unified": "AMD Strix Halo",
  intel: "Intel",
};

/** Where a model lay when it was measured. */
type Where = "one" | "several" | "ram";

export function whereOf({ spread, gpus }: SpeedCell): Where {
  if (spread === "ram") return "ram";
  return gpus.length > 1 ? "several" : "one";
}

/** NVIDIA and Apple, a dense model, all of it on one GPU. */
export function isPlain({ cell }: SpeedResult): boolean {
  const maker = cell.gpus[0]?.speedClass.replace(/-.*/, "");
  return whereOf(cell) === "one" && !cell.experts && (maker === "nvidia" || maker === "apple");
}

function groupOf({ cell }: SpeedResult): string {
  const where = whereOf(cell);
  if (where === "ram") return cell.row.place === "part" ? "Part of it in RAM" : "All of it in RAM";
  const device = cell.hardware.devices[0];
  const speedClass = device && speedClassOf(device);
  const name = speedClass ? NAMES[speedClass] : "";
  const what = cell.experts ? "experts" : "dense";
  const build = cell.row.built === OLD_BUILD ? ", builds of May 2024" : "";
  return `${name}, ${what}${where === "several" ? ", several" : ""}${build}`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(value < 0.0995 ? 1 : 0)} %`;
}

function table(groups: readonly (readonly [string, readonly SpeedResult[]])[]): string {
  const lines = groups.map(([name, all]) => {
    const fitted = speedErrors(all.filter(({ cell }) => !cell.heldOut));
    const out = speedErrors(all.filter(({ cell }) => cell.heldOut));
    const cells = (errors: SpeedErrors) =>
      errors.count === 0
        ? ["0", "", "", ""]
        : [String(errors.count), percent(errors.median), percent(errors.p90), percent(errors.inside)];
    return `| ${[name, ...cells(out), ...cells(fitted).slice(0, 2)].join(" | ")} |`;
  });
  return `| | held out | median error | 90th percentile | inside the band | fitted | median error |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}`;
}

/** The errors of the estimated speed, as a section of the accuracy page. */
export function speedSection(): string {
  const results = speedResults();
  const names = [...new Set(results.map(groupOf))].sort();
  const byClass = names.map((name) => [name, results.filter((result) => groupOf(result) === name)] as const);
  const summary = [
    ["NVIDIA and Apple, dense, all on one GPU", results.filter(isPlain)],
    ["everything else", results.filter((result) => !isPlain(result))],
    ["all", results],
  ] as const;
  const pairs = new Set(results.map(({ cell }) => `${cell.row.model} ${cell.row.gpu}`)).size;
  const devices = new Set(results.map(({ cell }) => cell.row.gpu)).size;
  return `## Decode speed

Against ${results.length} speeds that others measured with llama.cpp, Ollama and LM Studio: ${pairs} pairs of model and device, ${devices} devices.
One pair in four, chosen by a hash, is held out of the fit; the first columns are about those. The band is the printed one
for a context as full as it was when measured. [speed.md](speed.md) has the formula, where the measurements come from and
which were left out.

${table(summary)}

### By class of hardware

${table(byClass)}
`;
}
