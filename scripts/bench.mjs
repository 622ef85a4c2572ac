// Holds a whole run of the CLI against bare node, and says where the milliseconds go.
// Usage: node scripts/bench.mjs [--node <binary>] [--runs <n>] [-- <fitcheck arguments>]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { node: { type: "string", default: process.execPath }, runs: { type: "string", default: "20" } },
  allowPositionals: true,
});
const runs = Number(values.runs);
const asked = positionals.length > 0 ? positionals : ["deepseek-r1-mistral-24b", "--ctx", "16k", "--gpu", "rtx 4090"];
const CLI = "bin/fitcheck.js";

/** What is timed: name, arguments of node, environment. */
const CASES = [
  ["node -e 0", ["-e", "0"]],
  ["fitcheck --version", [CLI, "--version"]],
  [`fitcheck ${asked.join(" ")}`, [CLI, ...asked]],
  ["  without its code cache", [CLI, ...asked], { NODE_DISABLE_COMPILE_CACHE: "1" }],
];

/** Functions of the bundle whose time is told apart. */
const PHASES = {
  parseCommandLine: "understand the command line",
  findHardware: "find the hardware",
  loadModel: "look up the model",
  answer: "estimate",
  renderTable: "render",
  writeAll: "write",
};

function run(args, environment = {}) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(values.node, args, { env: { ...process.env, ...environment } });
  if (status !== 0) throw new Error(`${args.join(" ")} exited with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Milliseconds within each phase of one profiled run. */
function profile() {
  const folder = mkdtempSync(join(tmpdir(), "fitcheck-bench-"));
  try {
    run(["--cpu-prof", "--cpu-prof-interval", "100", "--cpu-prof-dir", folder, CLI, ...asked]);
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), "utf8"));
    const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
    const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
    const sums = Object.fromEntries(Object.keys(PHASES).map((phase) => [phase, 0]));
    samples.forEach((sample, index) => {
      const inside = new Set();
      for (let id = sample; id !== undefined; id = parents.get(id)) inside.add(names.get(id));
      const phase = Object.keys(PHASES).find((name) => inside.has(name));
      if (phase !== undefined) sums[phase] += timeDeltas[index] / 1000;
    });
    return sums;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The first run fills the code cache.
for (const [, args, environment] of CASES) run(args, environment);
const times = CASES.map(() => []);
for (let round = 0; round < runs; round++) {
  for (const [index, [, args, environment]] of CASES.entries()) times[index].push(run(args, environment));
}
const bare = median(times[0]);
const version = spawnSync(values.node, ["--version"], { encoding: "utf8" }).stdout.trim();
console.log(`Node ${version}, median of ${runs} runs side by side\n`);
CASES.forEach(([name], index) => {
  const time = median(times[index]);
  console.log(`${time.toFixed(1).padStart(7)} ms  ${(time / bare).toFixed(2)} x  ${name}`);
});

const profiles = Array.from({ length: 10 }, profile);
console.log("\nInside the run, profiled (profiling itself slows it down)\n");
for (const [phase, words] of Object.entries(PHASES)) {
  console.log(
    `${median(profiles.map((sums) => sums[phase]))
      .toFixed(1)
      .padStart(7)} ms  ${words}`,
  );
}
