// Holds a lookup with the whole catalog against one with 45 models: it must not grow with the catalog.
// Usage: node scripts/bench-catalog.mjs [--runs <n>], after a build.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { generate } from "./model-index.mjs";

const { values } = parseArgs({ options: { runs: { type: "string", default: "60" } } });
const FEW = 45;
const LIMIT = 1.05;
/** By id and by an alias. */
const LOOKUPS = ["deepseek-r1-distill-mistral-24b", "deepseek-r1-mistral-24b"];
const ARGUMENTS = ["--ctx", "16k", "--gpu", "rtx 4090", "--ram", "64G"];

const folder = mkdtempSync(join(tmpdir(), "fitcheck-catalog-"));
const root = (name) => join(folder, name);

/** The package as it is, or with 45 models only. */
function install(name, few) {
  for (const part of ["bin", "dist", "data", "package.json"]) cpSync(part, join(root(name), part), { recursive: true });
  if (!few) return;
  const models = join(root(name), "data/models");
  const needed = LOOKUPS[0];
  const kept = readdirSync(models).filter((file) => file !== `${needed}.json`);
  for (const file of kept.slice(FEW - 1)) rmSync(join(models, file));
  for (const [file, text] of Object.entries(generate(pathToFileURL(`${models}/`)))) {
    writeFileSync(join(root(name), "data", file), text);
  }
}

function run(name, reference) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, [
    join(root(name), "bin/fitcheck.js"),
    reference,
    ...ARGUMENTS,
  ]);
  if (status !== 0) throw new Error(`${reference} exited with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** What a quarter of the runs stay below: other work on the machine only ever adds time. */
const quartile = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 2];

try {
  install("all", false);
  install("few", true);
  const count = readdirSync(join(root("all"), "data/models")).length;
  for (const reference of LOOKUPS) {
    const times = { all: [], few: [] };
    // The first runs fill the code cache.
    for (let round = -2; round < Number(values.runs); round++) {
      for (const name of round % 2 === 0 ? ["all", "few"] : ["few", "all"]) {
        const time = run(name, reference);
        if (round >= 0) times[name].push(time);
      }
    }
    const [all, few] = [quartile(times.all), quartile(times.few)];
    const ratio = all / few;
    console.log(
      `${reference}: ${all.toFixed(1)} ms with ${count} models, ${few.toFixed(1)} ms with ${FEW}: ${ratio.toFixed(3)} x`,
    );
    if (ratio > LIMIT) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
