// Writes data/models-sizes.json: what every model of the catalog takes on a GPU, in MiB, so that going through the
// whole catalog needs to work out few of them. With --check only says whether it is up to date.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Contexts whose cache and compute are kept; others lie on the line through them. */
const CONTEXTS = [8192, 32768];

const source = `
export { QUANT_IDS } from "./src/core/quantize-recipes.js";
export { modelOfEntry } from "./src/sources/catalog-model.js";
export { estimateMemory } from "./src/core/estimate-memory.js";
`;

/** The estimator as a module: node 20 does not read TypeScript. */
async function estimator() {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    define: { "import.meta.url": JSON.stringify(new URL("../src/data-root.ts", import.meta.url).href) },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

const mib = (bytes) => Math.ceil(bytes / 2 ** 20);

/** One model's line: weights per quantization, cache and compute per context. */
function sizesOf(entry, quants, { modelOfEntry, estimateMemory }) {
  const model = modelOfEntry(entry);
  const offered = new Set(model.quants.map(({ quant }) => quant));
  const estimate = (quant, contextLength) => estimateMemory(model, { quant, contextLength }).devices[0];
  const contexts = CONTEXTS.map((contextLength) => estimate(model.quants[0].quant, contextLength));
  return {
    layers: model.hyperparameters.number("block_count"),
    weights: quants.map((quant) => (offered.has(quant) ? mib(estimate(quant, CONTEXTS[0]).weightsBytes) : 0)),
    cache: contexts.map((device) => mib(device.cacheBytes)),
    compute: contexts.map((device) => mib(device.computeBytes)),
  };
}

const { QUANT_IDS, ...core } = await estimator();
const index = JSON.parse(readFileSync(`${ROOT}data/models-index.json`, "utf8"));
const lines = index.map(({ id }) => {
  const entry = JSON.parse(readFileSync(`${ROOT}data/models/${id}.json`, "utf8"));
  return `${JSON.stringify(id)}:${JSON.stringify(sizesOf(entry, QUANT_IDS, core))}`;
});
const text = `{"contexts":${JSON.stringify(CONTEXTS)},"quants":${JSON.stringify(QUANT_IDS)},"models":{\n${lines.join(",\n")}\n}}\n`;
const path = `${ROOT}data/models-sizes.json`;
const current = existsSync(path) ? readFileSync(path, "utf8") : "";
if (!process.argv.includes("--check")) {
  writeFileSync(path, text);
} else if (current !== text) {
  console.error("data/models-sizes.json is out of date: node scripts/model-sizes.mjs");
  process.exitCode = 1;
}
