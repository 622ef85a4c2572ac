// Fits the constants of src/core/speed-constants.ts to the measured speeds of test/fixtures/speed/rows.csv that
// are not held out. With --check only says whether they are up to date.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROWS = "test/fixtures/speed/rows.csv";
const CONSTANTS = "src/core/speed-constants.ts";
const OLD_BUILDS = "test/fixtures/speed/old-builds.json";

/** Where each parameter starts, and how far (as a factor e^width) it is held there where measurements say little. */
const START = {
  efficiency: { at: 0.8, width: 0.3 },
  blockMicroseconds: { at: 80, width: 0.8 },
  cacheEfficiency: { at: 0.7, width: 0.4 },
  latentEfficiency: { at: 0.5, width: 0.5 },
  expertBlock: { at: 0.5, width: 0.5 },
  recurrentBlock: { at: 0.5, width: 0.5 },
  hopMicroseconds: { at: 200, width: 0.5 },
  cpuBlockMicroseconds: { at: 20, width: 0.5 },
  sharedEfficiency: { at: 0.4, width: 0.3 },
  assumed: { at: 40e9, width: 0.3 },
  oldBlockTime: { at: 1.5, width: 0.5 },
  oldCacheTime: { at: 1.5, width: 0.5 },
};
/** Errors beyond this count linearly instead of squared, so that a few odd machines do not decide. */
const ODD = 0.06;
/** What one measurement counts against the start values. */
const PRIOR = 0.02;
/** Of the measured speeds, the part that lies below the low and above the high end. */
const TAIL = 0.05;
/** What a fit does not see of its errors: bands are this much wider than its own errors, on a logarithmic scale. */
const UNSEEN = 1.25;
/** No band is narrower than this factor either way, and where measurements are few or of old builds only than these. */
const NARROWEST = 1.12;
const NARROWEST_OF = { intel: 2, "nvidia-hbm": 1.5 };
/** RAM of a bandwidth that nothing tells reads between half and twice what is assumed. */
const RAM_RANGE = 2;

/** The core and the rows, which are TypeScript, as a module that node 20 can load. */
async function load() {
  const outfile = "dist/.calibrate-speed.mjs";
  await build({
    entryPoints: ["test/accuracy/speed-cells.ts"],
    bundle: true,
    format: "esm",
    platform: "node",
    outfile,
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}

const { estimatedSpeed, readSpeedRows, SPEED_CLASSES, SPEED_MAKERS, speedCell, SPREAD_KINDS } = await load();

const cells = readSpeedRows(ROWS)
  .map(speedCell)
  .filter((cell) => !cell.heldOut);

/** Names of the parameters, and their start. */
const parameters = [
  ...SPEED_CLASSES.flatMap((one) => [`efficiency ${one}`, `blockMicroseconds ${one}`]),
  ...SPEED_MAKERS.map((maker) => `cacheEfficiency ${maker}`),
  ...["latentEfficiency", "expertBlock", "recurrentBlock", "hopMicroseconds"],
  ...["cpuBlockMicroseconds", "sharedEfficiency", "assumed", "oldBlockTime", "oldCacheTime"],
];
const startOf = (name) => START[name.split(" ")[0]];
const values = Object.fromEntries(parameters.map((name) => [name, startOf(name).at]));

function constantsOf(value, spread) {
  const assumed = value.assumed;
  return {
    classes: Object.fromEntries(
      SPEED_CLASSES.map((one) => [
        one,
        { efficiency: value[`efficiency ${one}`], blockMicroseconds: value[`blockMicroseconds ${one}`] },
      ]),
    ),
    cacheEfficiency: Object.fromEntries(SPEED_MAKERS.map((maker) => [maker, value[`cacheEfficiency ${maker}`]])),
    latentEfficiency: value.latentEfficiency,
    expertBlock: value.expertBlock,
    recurrentBlock: value.recurrentBlock,
    hopMicroseconds: value.hopMicroseconds,
    cpu: {
      blockMicroseconds: value.cpuBlockMicroseconds,
      sharedEfficiency: value.sharedEfficiency,
      assumed: { low: assumed / RAM_RANGE, expected: assumed, high: assumed * RAM_RANGE },
    },
    spread,
  };
}

const oldBuilds = (value) => ({ blockTime: value.oldBlockTime, cacheTime: value.oldCacheTime });

/** Every pair of model and GPU counts as the square root of its measurements. */
const pairOf = ({ row }) => `${row.model} ${row.gpu}`;
const sizes = new Map();
for (const cell of cells) sizes.set(pairOf(cell), (sizes.get(pairOf(cell)) ?? 0) + 1);
const weights = cells.map((cell) => 1 / Math.sqrt(sizes.get(pairOf(cell))));

/** Pseudo-Huber loss of the relative errors, and of the way from the start values. */
function loss(value) {
  const constants = constantsOf(value);
  const old = oldBuilds(value);
  let sum = 0;
  cells.forEach((cell, i) => {
    const error = Math.log(estimatedSpeed(cell, constants, old) / cell.row.tokensPerSecond) / ODD;
    sum += weights[i] * (Math.sqrt(1 + error * error) - 1);
  });
  for (const name of parameters) {
    const { at, width } = startOf(name);
    sum += (PRIOR * (Math.log(value[name] / at) / width) ** 2) / ODD;
  }
  return sum;
}

/** Changes one parameter after another by a step that shrinks, as long as that helps. */
function minimize() {
  let best = loss(values);
  const steps = Object.fromEntries(parameters.map((name) => [name, 0.2]));
  for (let round = 0; round < 400; round++) {
    for (const name of parameters) {
      const before = values[name];
      let moved = false;
      for (const factor of [Math.exp(steps[name]), Math.exp(-steps[name])]) {
        values[name] = before * factor;
        const now = loss(values);
        if (now < best) {
          best = now;
          moved = true;
          break;
        }
        values[name] = before;
      }
      steps[name] *= moved ? 1.3 : 0.6;
    }
    if (Object.values(steps).every((step) => step < 1e-3)) return;
  }
}

/** The quantile of the ratios in which every pair of model and GPU has its weight. */
function quantile(ratios, q) {
  const sorted = ratios.toSorted((a, b) => a.ratio - b.ratio);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  for (const { ratio, weight } of sorted) {
    sum += weight;
    if (sum >= q * total) return ratio;
  }
  return 1;
}

function spreads(constants, old) {
  const ratios = cells.map((cell, i) => ({
    kind: cell.spread,
    weight: weights[i],
    ratio: cell.row.tokensPerSecond / estimatedSpeed(cell, constants, old),
  }));
  return Object.fromEntries(
    SPREAD_KINDS.map((kind) => {
      const own = ratios.filter((one) => one.kind === kind);
      const narrowest = NARROWEST_OF[kind] ?? NARROWEST;
      const low = Math.min(1 / narrowest, quantile(own, TAIL) ** UNSEEN);
      const high = Math.max(narrowest, quantile(own, 1 - TAIL) ** UNSEEN);
      return [kind, { low: rounded(low), high: rounded(high) }];
    }),
  );
}

const rounded = (value) => Number(value.toPrecision(3));

minimize();
for (const name of parameters) values[name] = rounded(values[name]);
const spread = spreads(constantsOf(values), oldBuilds(values));
const constants = constantsOf(values, spread);

const written = {
  [CONSTANTS]: `// Written by scripts/calibrate-speed.mjs from ${cells.length} measured speeds (${ROWS}, less the part held out); do not edit.
import type { SpeedConstants } from "./speed.js";

export const SPEED: SpeedConstants = ${source(constants, "")};
`,
  [OLD_BUILDS]: `${JSON.stringify(oldBuilds(values), null, 2)}\n`,
};

/** A value as this repository formats TypeScript. */
function source(value, indent) {
  if (typeof value === "number") return value >= 1e6 ? String(value).replace(/\B(?=(\d{3})+$)/g, "_") : String(value);
  const inner = Object.entries(value).map(
    ([key, one]) => `${/^\w+$/.test(key) ? key : `"${key}"`}: ${source(one, `${indent}  `)}`,
  );
  const line = `{ ${inner.join(", ")} }`;
  const flat = Object.values(value).every((one) => typeof one === "number");
  if (flat && indent.length + line.length < 90) return line;
  return `{\n${inner.map((entry) => `${indent}  ${entry},\n`).join("")}${indent}}`;
}

for (const [path, text] of Object.entries(written)) {
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is out of date: node scripts/calibrate-speed.mjs`);
    process.exitCode = 1;
  }
}
