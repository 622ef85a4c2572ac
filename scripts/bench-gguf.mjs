// Reads the header of a synthetic GGUF with a large vocabulary, side by side with @huggingface/gguf.
// Usage: node scripts/bench-gguf.mjs [tokens] [merges]
//
// Every reading happens in a fresh process, as the command line does it: nothing is warmed up.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const RUNS = 9;
const [tokens = 150_000, merges = 150_000] = process.argv.slice(2).map(Number);
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fitcheck-bench-"));

try {
  await bundle(
    "ours",
    `export { openFile } from "./src/sources/gguf/file-source.ts";
    export { readGgufHeader } from "./src/sources/gguf/header.ts";`,
  );
  await bundle("builder", `export * from "./test/sources/gguf/build.ts";`);
  await bundle("theirs", `export { gguf } from "@huggingface/gguf";`);

  const file = join(folder, "model.gguf");
  const { buildGguf, tinyLlama, vocabulary } = await import(pathToFileURL(join(folder, "builder.mjs")).href);
  writeFileSync(file, buildGguf({ ...tinyLlama(vocabulary(tokens, merges)), withData: true }));
  console.log(
    `${tokens} tokens, ${merges} merges, ${(statSync(file).size / 1e6).toFixed(1)} MB, node ${process.version}`,
  );

  const bare = measure("");
  const ours = measure(`
    const { openFile, readGgufHeader } = await import(${url("ours")});
    const start = performance.now();
    const source = openFile(${JSON.stringify(file)});
    const header = await readGgufHeader(source);
    report(performance.now() - start, header.tensors.length);`);
  const theirs = measure(`
    const { gguf } = await import(${url("theirs")});
    const start = performance.now();
    const header = await gguf(${JSON.stringify(file)}, { allowLocalFile: true });
    report(performance.now() - start, header.tensorInfos.length);`);

  print("fitcheck", ours, bare);
  print("@huggingface/gguf", theirs, bare);
  console.log(`ratio: ${(theirs.milliseconds / ours.milliseconds).toFixed(0)} times faster`);
} finally {
  rmSync(folder, { recursive: true });
}

async function bundle(name, contents) {
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: join(folder, `${name}.mjs`),
    logLevel: "error",
  });
}

function url(name) {
  return JSON.stringify(pathToFileURL(join(folder, `${name}.mjs`)).href);
}

/** Median milliseconds and peak memory of a piece of code in processes of its own. */
function measure(code) {
  // Linux's maxRSS counts what the parent held when it forked; the high-water mark of the process itself does not.
  const script = `const { readFileSync, existsSync } = await import("node:fs");
    const peak = () => existsSync("/proc/self/status")
      ? Number(/VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024
      : process.resourceUsage().maxRSS * 1024;
    const report = (milliseconds, tensors) => console.log(JSON.stringify({ milliseconds, tensors, peakBytes: peak() }));
    ${code || "report(0, 0)"}`;
  const results = [];
  for (let i = 0; i < RUNS; i++) {
    const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: root, encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    results.push(JSON.parse(run.stdout));
  }
  const median = (key) => results.map((result) => result[key]).sort((a, b) => a - b)[RUNS >> 1];
  return { milliseconds: median("milliseconds"), peakBytes: median("peakBytes") };
}

function print(name, { milliseconds, peakBytes }, bare) {
  const memory = (peakBytes - bare.peakBytes) / 1e6;
  console.log(
    `${name.padEnd(18)} ${milliseconds.toFixed(1).padStart(8)} ms  ${memory.toFixed(1).padStart(7)} MB above bare`,
  );
}
