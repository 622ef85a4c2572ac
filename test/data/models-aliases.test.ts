import { expect, test } from "vitest";
import { normalizeName } from "../../src/sources/names.js";
import { modelFiles, offenders } from "./models.js";

const COMMANDS = "models gpus card recommend compare explain serve check complete help".split(" ");

test("ids and aliases name one model each", () => {
  const owners = new Map<string, string>();
  for (const { entry } of modelFiles) owners.set(normalizeName(entry.id), entry.id);
  const clashes = offenders(({ entry }) => {
    for (const alias of entry.aliases) {
      const key = normalizeName(alias);
      const owner = owners.get(key);
      if (owner !== undefined) return `"${alias}" already names ${owner}`;
      owners.set(key, entry.id);
    }
    return undefined;
  });
  expect(clashes).toEqual([]);
});

test("no name is a command", () => {
  const reserved = new Set(COMMANDS.map(normalizeName));
  const taken = offenders(({ entry }) =>
    [entry.id, ...entry.aliases].find((name) => reserved.has(normalizeName(name))),
  );
  expect(taken).toEqual([]);
});

test("no alias reads as a file, a link or another kind of reference", () => {
  const confusing = offenders(({ entry }) =>
    entry.aliases.find((alias) => /^(hf|ollama|lmstudio|https?):|\.gguf$|^[./~\\]|[\t\n]/i.test(alias)),
  );
  expect(confusing).toEqual([]);
});
