// Writes data/models-index.json (lists and searches) and data/models-aliases.tsv (name -> id) from data/models.
// With --check only says whether they are up to date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** As in src/sources/names.ts: case, spaces, `_` and `-` do not matter. */
export const normalize = (name) => name.toLowerCase().replace(/[\s_-]+/g, "");

/** What can be left out of a name without meaning another model. */
const withoutSuffix = (name) => name.replace(/[-_](instruct|it|chat|hf)(?=[-_]|$)/gi, "");

/** Names that follow from the entry: its repository with and without the organisation, its Ollama tag. */
function derivedNames(model) {
  const { huggingFace, ollama } = model.repositories;
  const names = [model.name];
  if (ollama !== undefined) names.push(ollama);
  for (const name of [
    model.id,
    ...(huggingFace === undefined ? [] : [huggingFace, huggingFace.replace(/^.*\//, "")]),
  ]) {
    names.push(name, withoutSuffix(name), `${model.developer}-${name}`);
  }
  if (model.tags.includes("chat") && !model.id.endsWith("-instruct"))
    names.push(`${model.id}-instruct`, `${model.id}-chat`);
  return names;
}

/**
 * Normalized name -> id. Ids and explicit aliases come first; a derived name that two models share belongs to none.
 */
export function aliasMap(models) {
  const map = new Map();
  for (const model of models) map.set(normalize(model.id), model.id);
  for (const model of models) {
    for (const alias of model.aliases) {
      const taken = map.get(normalize(alias));
      if (taken !== undefined && taken !== model.id) throw new Error(`"${alias}" names ${taken} and ${model.id}`);
      map.set(normalize(alias), model.id);
    }
  }
  const derived = new Map();
  for (const model of models) {
    for (const name of new Set(derivedNames(model).map(normalize))) {
      if (!map.has(name)) derived.set(name, derived.has(name) ? undefined : model.id);
    }
  }
  for (const [name, id] of derived) if (id !== undefined) map.set(name, id);
  return map;
}

function summary(model) {
  return {
    id: model.id,
    name: model.name,
    aliases: model.aliases,
    family: model.family,
    developer: model.developer,
    architecture: model.architecture,
    parameters: model.parameters.total,
    activeParameters: model.parameters.active,
    contextLength: model.contextLength,
    tags: model.tags,
    license: model.license?.spdx ?? model.license?.name,
    commercial: model.license?.commercial,
    released: model.released,
    repository: model.repositories.huggingFace,
    ollama: model.repositories.ollama,
  };
}

export function generate(folder) {
  const models = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")));
  const lines = [...aliasMap(models)].map(([name, id]) => `${name}\t${id}\n`).sort();
  return {
    "models-index.json": `[\n${models.map((model) => JSON.stringify(summary(model))).join(",\n")}\n]\n`,
    "models-aliases.tsv": `name\tid\n${lines.join("")}`,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const data = new URL("../data/", import.meta.url);
  for (const [file, text] of Object.entries(generate(new URL("models/", data)))) {
    const path = new URL(file, data);
    if (!process.argv.includes("--check")) {
      writeFileSync(path, text);
    } else if (readFileSync(path, "utf8") !== text) {
      console.error(`data/${file} is out of date: node scripts/model-index.mjs`);
      process.exitCode = 1;
    }
  }
}
