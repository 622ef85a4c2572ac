// Writes data/schema/*.schema.json from the zod schemas in src/. With --check only says whether they are up to date.
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

function write(name, schema) {
  const path = `data/schema/${name}.schema.json`;
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  const current = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (!process.argv.includes("--check")) {
    mkdirSync("data/schema", { recursive: true });
    writeFileSync(path, text);
  } else if (current !== text) {
    console.error(`${path} is out of date: node scripts/schemas.mjs`);
    process.exitCode = 1;
  }
}

const { modelJsonSchema } = await importSource("src/sources/model-schema.ts");
write("model", modelJsonSchema());
const { reportJsonSchema } = await importSource("src/render/report-schema.ts");
write("report", reportJsonSchema());
