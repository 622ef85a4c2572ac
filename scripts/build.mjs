// Bundles the CLI and the library into dist/, so that the package needs no dependencies at run time.
// Usage: node scripts/build.mjs [--no-types]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const dataDate = readFileSync("data/date.txt", "utf8").trim();

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  define: { FITCHECK_VERSION: JSON.stringify(version), FITCHECK_DATA_DATE: JSON.stringify(dataDate) },
  logLevel: "error",
  metafile: true,
  write: false,
};

/** Modules that are imported only when needed, by the names of their bundles. */
const lazy = {};

/** Leaves `import()` in the CLI's bundle, pointing to the library's bundles. */
const keepLazy = {
  name: "keep-lazy",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const file = resolve(resolveDir, path).replace(/\.js$/, ".ts");
      const name = `lazy-${relative("src", file).replaceAll(sep, "-").slice(0, -".ts".length)}`;

      lazy[name] = file;
      return { path: `./${name}.js`, external: true };
    });
  },
};

/** What commander and chalk ask of the system, although fitcheck never lets them: loading it costs milliseconds. */
const leaveOut = {
  name: "leave-out",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:child_process|#supports-color)$/ }, ({ importer }) =>
      /node_modules[\\/](commander|chalk)[\\/]/.test(importer) ? { path: "nothing", namespace: "left-out" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export default {};" }));
  },
};

/** In CommonJS `require` is at hand: loading the module that makes one costs a millisecond. */
const ownRequire = {
  name: "own-require",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:module$/ }, () => ({ path: "own-require", namespace: "own-require" }));
    onLoad({ filter: /.*/, namespace: "own-require" }, () => ({
      contents: "export default { createRequire: () => require };",
    }));
  },
};

// The CLI's main path is one CommonJS file: the fastest thing Node can start, and the only one V8 can cache whole.
const cli = await build({
  ...common,
  entryPoints: ["src/cli/main.ts"],
  format: "cjs",
  define: { ...common.define, "import.meta.url": "__filename" },
  plugins: [keepLazy, leaveOut, ownRequire],
});

// The library, and what the CLI loads later, are modules that share their parts. They all lie directly in dist/,
// so that src/data-root.ts is right in each.
const library = await build({
  ...common,
  entryPoints: { index: "src/index.ts", ...lazy },
  outdir: "dist",
  chunkNames: "[name]-[hash]",
  splitting: true,
  format: "esm",
  // CommonJS dependencies call require() for Node's own modules.
  banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
  plugins: [leaveOut],
});

// Only now that everything compiles, what was built before has to go.
rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
// bin/fitcheck.js calls this one as a function, and imports for it.
const body = cli.outputFiles[0].text.replaceAll('import("./lazy-', 'load("./lazy-');
if (/\bimport\(/.test(body)) throw new Error("cli.cjs runs from V8's code cache and cannot import() by itself");
// esbuild escapes all but regular expressions, and the text is read without decoding.
if (/[^\0-\x7f]/.test(body)) throw new Error("cli.cjs is not ASCII: escape what stands in a regular expression");
const text = `(function(require,__filename,__dirname,load){${body}\n})`;
const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
writeFileSync("dist/cli.cjs", `/*${hash}*/${text}`);
for (const { path, contents } of library.outputFiles) writeFileSync(path, contents);
writeFileSync("dist/THIRD-PARTY-LICENSES.txt", licenses({ ...cli.metafile.inputs, ...library.metafile.inputs }));

/** The licences of the packages whose code the bundles hold. */
function licenses(inputs) {
  const folders = new Set(Object.keys(inputs).flatMap((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version: its, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
      const file = ["LICENSE", "license", "LICENSE.md", "LICENSE.txt"].find((each) => existsSync(`${folder}/${each}`));
      const words = file === undefined ? `Licence: ${license}` : readFileSync(`${folder}/${file}`, "utf8").trim();
      return `${name} ${its}\n\n${words}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

if (!process.argv.includes("--no-types")) {
  const compiler = "node_modules/typescript/bin/tsc";
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
