// Packs the project, installs the package into an empty folder, and runs it there: no network, no HOME, no tree.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "fitcheck-packed-"));

function run(command, args, { cwd = folder, expected = 0, env = process.env } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (error !== undefined || status !== expected) {
    throw new Error(`${command} ${args.join(" ")}: exit ${status}, not ${expected}\n${stdout}${stderr}${error ?? ""}`);
  }
  return stdout;
}

function check(truth, message) {
  if (!truth) throw new Error(message);
}

try {
  const [{ filename, files, size }] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: process.cwd() }),
  );
  const paths = files.map(({ path }) => path);
  check(!paths.some((path) => path.endsWith(".cache")), "the package holds a code cache of this machine");
  check(!paths.some((path) => /^(src|test|scripts)\//.test(path)), "the package holds more than what runs");

  mkdirSync(join(folder, "home"));
  mkdirSync(join(folder, "app"));
  const cwd = join(folder, "app");
  writeFileSync(join(cwd, "package.json"), '{ "name": "app", "private": true, "type": "module" }');
  const npm = {
    ...process.env,
    HOME: join(folder, "home"),
    npm_config_offline: "true",
    npm_config_cache: join(folder, "cache"),
  };
  run("npm", ["install", "--no-audit", "--no-fund", join(folder, filename)], { cwd, env: npm });
  const installed = readdirSync(join(cwd, "node_modules")).filter((name) => !name.startsWith("."));
  check(installed.join() === "fitcheck", `the package brought others along: ${installed}`);

  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  // Nothing of this shell but the way to node.
  const bare = { cwd, env: { PATH: process.env.PATH } };
  const cli = join(cwd, "node_modules", ".bin", process.platform === "win32" ? "fitcheck.cmd" : "fitcheck");
  check(run(cli, ["--version"], bare).trim() === version, "the package says another version");
  const ask = ["deepseek-r1-mistral-24b", "--ctx", "16k", "--gpu", "rtx 4090", "--json"];
  // The second run starts from the code cache that the first one wrote.
  for (const round of [1, 2]) {
    const report = JSON.parse(run(cli, ask, bare));
    check(report.quants.length > 20 && report.recommended !== undefined, `run ${round} gave no answer`);
  }
  check(run(cli, ["models"], bare).includes("deepseek-r1-distill-mistral-24b"), "the catalog is not in the package");
  check(run(cli, ["gpus", "4090"], bare).includes("rtx-4090"), "the GPUs are not in the package");
  run(cli, ["no-such-model"], { ...bare, expected: 2 });

  writeFileSync(
    join(cwd, "use.js"),
    `import { fit, givenHardware, loadModel } from "fitcheck";
const report = fit(await loadModel("llama-3.1-8b"), givenHardware({ gpu: "rtx 4090" }), { contextLength: 4096 });
if (report.quants.length === 0) throw new Error("the library gave no answer");
`,
  );
  run(process.execPath, ["use.js"], bare);
  console.log(`${filename}: ${paths.length} files, ${(size / 1e3).toFixed(0)} kB packed; installs and runs on its own`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
