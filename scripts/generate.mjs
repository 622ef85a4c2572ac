// Writes every file of the repository that follows from others. With --check only says whether they are up to date.
import { spawnSync } from "node:child_process";

const SCRIPTS = [
  "scripts/model-index.mjs",
  "scripts/model-sizes.mjs",
  "scripts/schemas.mjs",
  "scripts/catalog-exceptions.mjs",
];

for (const script of SCRIPTS) {
  const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
