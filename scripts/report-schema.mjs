// Writes data/schema/report.schema.json from src/render/report-schema.ts. With --check only says whether it is up to date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

/** A module of src/ as a value: node 20 does not read TypeScript. */
async function importSource(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

const { reportJsonSchema } = await importSource("src/render/report-schema.ts");
const text = `${JSON.stringify(reportJsonSchema(), null, 2)}\n`;
const path = "data/schema/report.schema.json";
const current = existsSync(path) ? readFileSync(path, "utf8") : "";
if (!process.argv.includes("--check")) {
  mkdirSync("data/schema", { recursive: true });
  writeFileSync(path, text);
} else if (current !== text) {
  console.error(`${path} is out of date: node scripts/report-schema.mjs`);
  process.exitCode = 1;
}
