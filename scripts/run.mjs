// Runs a script written in TypeScript: node scripts/run.mjs scripts/add-model.ts [arguments]
import { build } from "esbuild";

const [, , script, ...args] = process.argv;
if (script === undefined) {
  console.error("usage: node scripts/run.mjs <script.ts> [arguments]");
  process.exit(2);
}
// Beside src/, so that what is read relative to the source is found.
const outfile = new URL("../node_modules/.cache/fitcheck/scripts/script.mjs", import.meta.url);
await build({
  entryPoints: [script],
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  outfile: outfile.pathname,
  define: { "import.meta.url": JSON.stringify(new URL(`../src/script.ts`, import.meta.url).href) },
  logLevel: "warning",
});
process.argv = [process.argv[0], script, ...args];
await import(outfile.href);
