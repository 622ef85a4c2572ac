#!/usr/bin/env node
"use strict";
// Starts the bundled CLI from V8's code cache. Compiling takes a fifth of a run; Node's own compile cache exists
// from Node 22 on only, and holds no function that was compiled later than its module.
const fs = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

// A lookup is over before optimized code pays: compiling it takes more time than it saves, on every core there is.
// Only commands that go through many models run long enough.
if (!/^(models|compare|card)$/.test(process.argv[2] ?? ""))
  require("node:v8").setFlagsFromString("--no-opt --no-maglev");

const dist = join(__dirname, "../dist");
const file = join(dist, "cli.cjs");
// ASCII, as scripts/build.mjs checks: it needs no decoding.
const source = fs.readFileSync(file, "latin1");
// The bundle begins with its own hash, because V8 itself compares nothing but lengths.
const cacheFile = `${dist}/${source.slice(2, 14)}-${process.versions.v8}-${process.arch}.cache`;
const useCache = !process.env.NODE_DISABLE_COMPILE_CACHE;

let cachedData;
try {
  if (useCache) cachedData = fs.readFileSync(cacheFile);
} catch {
  // The first run.
}
const script = new vm.Script(source, { filename: file, ...(cachedData ? { cachedData } : {}) });
// Cached code cannot import() anything by itself.
script.runInThisContext()(require, file, dist, (specifier) => import(`../dist/${specifier}`));

// A line that begins with an option asks for help or the version, and would warm up too little.
if (useCache && !cachedData && process.argv[2] && !process.argv[2].startsWith("-")) {
  process.on("exit", () => {
    try {
      const temporary = `${cacheFile}.${process.pid}`;
      fs.writeFileSync(temporary, script.createCachedData());
      fs.renameSync(temporary, cacheFile);
    } catch {
      // The package lies where this user may not write: every run compiles anew.
    }
  });
}
