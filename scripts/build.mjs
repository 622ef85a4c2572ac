// Bundles the CLI and the library into dist/, so that the package needs no dependencies at run time.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const dataDate = readFileSync("data/date.txt", "utf8").trim();

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts" },
  outdir: "dist",
  // Chunks lie beside the entries, so that src/data-root.ts is right from every one of them.
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
  define: { FITCHECK_VERSION: JSON.stringify(version), FITCHECK_DATA_DATE: JSON.stringify(dataDate) },
  logLevel: "warning",
});

// An installed package has no compiler and needs no declarations built.
const compiler = "node_modules/typescript/bin/tsc";
if (existsSync(compiler) && !process.argv.includes("--no-types")) {
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
