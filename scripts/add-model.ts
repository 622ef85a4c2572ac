// Turns a checkpoint's config.json into a catalog entry:
//   node scripts/run.mjs scripts/add-model.ts ./config.json --id my-model-7b [--name "My Model 7B"] [--family F] [--developer D]
//   node scripts/run.mjs scripts/add-model.ts hf:org/name        (reads config.json from the Hub)
// What a config does not say (licence, release, files) is added by hand, each with its source.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FitcheckError } from "../src/core/errors.js";
import { MAX_CONFIG } from "../src/sources/checkpoint.js";
import { HubClient } from "../src/sources/hugging-face/api.js";
import { formatEntry, newEntry } from "./model-entry.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    id: { type: "string" },
    name: { type: "string" },
    family: { type: "string" },
    developer: { type: "string" },
  },
});

async function run(from: string): Promise<string> {
  const repository = /^hf:(.+\/.+)$/.exec(from)?.[1];
  const config =
    repository === undefined
      ? JSON.parse(readFileSync(from, "utf8"))
      : JSON.parse(await new HubClient(process.env).file(repository, "config.json", MAX_CONFIG));
  const base = repository?.replace(/^.*\//, "");
  const id = values.id ?? base?.toLowerCase().replace(/_/g, "-");
  if (id === undefined) throw new FitcheckError("BAD_VALUE", "a config.json on disk needs --id");
  const name = values.name ?? base?.replace(/[-_]/g, " ") ?? id;
  const entry = newEntry({
    id,
    name,
    family: values.family ?? name,
    developer: values.developer ?? repository?.replace(/\/.*$/, "") ?? "unknown",
    ...(repository === undefined ? {} : { repository }),
    source: repository === undefined ? from : `huggingface.co/${repository}/blob/main/config.json`,
    config,
  });
  const path = `data/models/${id}.json`;
  if (existsSync(path)) throw new FitcheckError("BAD_VALUE", `${path} is there already`);
  writeFileSync(path, `${formatEntry(entry)}\n`);
  return path;
}

const [from] = positionals;
if (from === undefined) {
  console.error("usage: node scripts/run.mjs scripts/add-model.ts <config.json | hf:org/name> --id <id>");
  process.exitCode = 2;
} else {
  try {
    console.log(`wrote ${await run(from)}; now: node scripts/model-index.mjs`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
