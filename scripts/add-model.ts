// Adds a model to the catalog, in one line:
//   node scripts/run.mjs scripts/add-model.ts hf:org/name                  (config.json, or the header of its GGUF)
//   node scripts/run.mjs scripts/add-model.ts hf:org/name --files hf:other/name-GGUF      (and published file sizes)
//   node scripts/run.mjs scripts/add-model.ts ./config.json --id my-model-7b
//   node scripts/run.mjs scripts/add-model.ts ./model.gguf --id my-model-7b
// Options: --id, --name "My Model 7B", --family F, --developer D, --print to write nothing.
// What neither config nor header says (licence, release, aliases) is added by hand, each with its source.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { architectureById } from "../src/architectures/registry.js";
import { FitcheckError } from "../src/core/errors.js";
import { Hyperparameters, type MetadataValue } from "../src/core/hyperparameters.js";
import { MAX_CONFIG, parseConfig } from "../src/sources/checkpoint.js";
import type { GgufHeader } from "../src/sources/gguf/header.js";
import { readGgufFile, readGgufUrl } from "../src/sources/gguf/read.js";
import { mainGroups } from "../src/sources/gguf-group.js";
import { convertConfig } from "../src/sources/hf-config/convert.js";
import { HubClient } from "../src/sources/hugging-face/api.js";
import type { ModelEntry } from "../src/sources/model-schema.js";
import { unknownArchitecture } from "../src/sources/unknown-architecture.js";
import { differences, headerValues } from "./header-entry.js";
import { formatEntry, newEntry } from "./model-entry.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    id: { type: "string" },
    name: { type: "string" },
    family: { type: "string" },
    developer: { type: "string" },
    files: { type: "string" },
    print: { type: "boolean" },
  },
});

/** What was read, before it is an entry. */
interface Facts {
  readonly architecture: string;
  readonly values: Readonly<Record<string, MetadataValue>>;
  readonly source: string;
  readonly repositories: ModelEntry["repositories"];
  readonly files?: ModelEntry["files"];
}

/** Differences between file and inventory that a refusal names. */
const NAMED = 3;

function factsOfHeader(header: GgufHeader, source: string): Pick<Facts, "architecture" | "values" | "source"> {
  const architecture = architectureById(header.architecture);
  if (architecture === undefined) throw unknownArchitecture(source, header.architecture, undefined);
  const values = headerValues(header);
  const found = differences(architecture.tensors(new Hyperparameters(header.architecture, values)), header.tensors);
  if (found.length > 0) {
    const shown = found.slice(0, NAMED).join("; ");
    throw new FitcheckError("BAD_FILE", `${source}: ${found.length} tensors are not as its keys say: ${shown}`, {
      hint: "Take the model's config.json instead.",
    });
  }
  return { architecture: header.architecture, values, source };
}

async function factsOfRepository(hub: HubClient, name: string): Promise<Facts> {
  const repository = await hub.repository(name);
  const { groups } = mainGroups(repository.files);
  const smallest = groups.findLast((group) => group.files.length === 1) ?? groups[0];
  const place = smallest?.files[0]?.path;
  if (place === undefined) {
    const config = parseConfig(await hub.file(name, "config.json", MAX_CONFIG), `hf:${name}/config.json`);
    const source = `huggingface.co/${name}/blob/main/config.json`;
    return { ...convertConfig(config), source, repositories: { huggingFace: name } };
  }
  const header = await readGgufUrl(hub.fileUrl(name, place), hub.http);
  const facts = factsOfHeader(header, `huggingface.co/${name}/blob/main/${place}`);
  return { ...facts, repositories: { gguf: [name] }, files: await publishedFiles(hub, name) };
}

async function publishedFiles(hub: HubClient, repository: string): Promise<NonNullable<ModelEntry["files"]>> {
  const { groups } = mainGroups((await hub.repository(repository)).files);
  const bytes = groups.filter((group) => group.bytes > 0).map((group) => [group.quant, group.bytes] as const);
  return { repository, bytes: Object.fromEntries(bytes) };
}

async function factsOf(from: string, hub: HubClient): Promise<Facts> {
  const name = repositoryIn(from);
  if (name !== undefined) return factsOfRepository(hub, name);
  if (/\.gguf$/i.test(from)) return { ...factsOfHeader(await readGgufFile(from), from), repositories: {} };
  return { ...convertConfig(parseConfig(readFileSync(from, "utf8"), from)), source: from, repositories: {} };
}

function repositoryIn(text: string): string | undefined {
  return /^hf:([\w.-]+\/[\w.-]+)$/.exec(text)?.[1];
}

async function run(from: string): Promise<string> {
  const hub = new HubClient(process.env);
  const facts = await factsOf(from, hub);
  const repository = repositoryIn(from);
  const base = repository?.replace(/^.*\//, "").replace(/-GGUF$/i, "");
  const id = options.id ?? base?.toLowerCase().replaceAll("_", "-");
  if (id === undefined) throw new FitcheckError("BAD_VALUE", "a file on disk needs --id");
  const name = options.name ?? base?.replace(/[-_]/g, " ") ?? id;
  const other = options.files === undefined ? undefined : repositoryIn(options.files);
  const files = other === undefined ? facts.files : await publishedFiles(hub, other);
  const entry = newEntry({
    id,
    name,
    family: options.family ?? name,
    developer: options.developer ?? repository?.replace(/\/.*$/, "") ?? "unknown",
    ...facts,
    repositories: other === undefined ? facts.repositories : { ...facts.repositories, gguf: [other] },
    ...(files === undefined ? {} : { files }),
  });
  const text = `${formatEntry(entry)}\n`;
  if (options.print) return text;
  const path = `data/models/${id}.json`;
  if (existsSync(path)) throw new FitcheckError("BAD_VALUE", `${path} is there already`);
  writeFileSync(path, text);
  return `wrote ${path}; now: node scripts/model-index.mjs\n`;
}

const [from] = positionals;
if (from === undefined) {
  console.error(
    "usage: node scripts/run.mjs scripts/add-model.ts <hf:org/name | config.json | model.gguf> [--id <id>]",
  );
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(await run(from));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    if (error instanceof FitcheckError && error.hint !== undefined) console.error(`Hint: ${error.hint}`);
    process.exitCode = 1;
  }
}
