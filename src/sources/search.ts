import { listModels, type ModelSummary } from "./model-index.js";
import { nameTokens, normalizeName } from "./names.js";

/**
 * Models in which every word occurs: in a name, the family, the developer, the architecture, a tag or the licence.
 * Without words, all of them.
 */
export function searchModels(words: readonly string[], models: readonly ModelSummary[] = listModels()): ModelSummary[] {
  const wanted = words
    .flatMap((word) => word.split(/\s+/))
    .map(normalizeName)
    .filter((word) => word !== "");
  return models.filter((model) => {
    const text = searchText(model);
    return wanted.every((word) => text.some((part) => part.includes(word)));
  });
}

function searchText(model: ModelSummary): string[] {
  const parts = [
    ...names(model),
    model.family,
    model.developer,
    model.architecture,
    ...model.tags,
    model.license ?? "",
  ];
  return parts.map(normalizeName);
}

function names(model: ModelSummary): string[] {
  const repository = model.repository === undefined ? [] : [model.repository, model.repository.replace(/^.*\//, "")];
  return [model.id, model.name, ...model.aliases, ...repository, ...(model.ollama === undefined ? [] : [model.ollama])];
}

/** Models that a name may have meant, best first. */
export function suggestModels(name: string, limit = 5, models: readonly ModelSummary[] = listModels()): ModelSummary[] {
  const query = normalizeName(name);
  const tokens = nameTokens(name);
  if (tokens.length === 0) return [];
  return models
    .map((model) => ({ model, score: Math.max(...names(model).map((known) => similarity(query, tokens, known))) }))
    .filter(({ score }) => score >= 0.5)
    .sort((a, b) => b.score - a.score || (a.model.id < b.model.id ? -1 : 1))
    .slice(0, limit)
    .map(({ model }) => model);
}

/** Models every word and number of the name belongs to: more than one makes the name ambiguous. */
export function modelsNamedBy(name: string, models: readonly ModelSummary[] = listModels()): ModelSummary[] {
  const tokens = nameTokens(name);
  if (tokens.length === 0) return [];
  return models.filter((model) =>
    names(model).some((known) => {
      const own = nameTokens(known);
      return tokens.every((token) => own.includes(token));
    }),
  );
}

/**
 * 1 for the same name, 0 for nothing in common: the better of how few letters differ and how many words are shared,
 * with a little of the other so that ties are broken. Numbers count double: another size is another model.
 */
function similarity(query: string, tokens: readonly string[], known: string): number {
  const target = normalizeName(known);
  const longest = Math.max(query.length, target.length);
  const letters = 1 - editDistance(query, target, longest) / longest;
  const words = sharedWords(tokens, nameTokens(known));
  return 0.9 * Math.max(letters, words) + 0.1 * Math.min(letters, words);
}

function weight(token: string): number {
  return /^\d/.test(token) ? 2 : token.length === 1 ? 0.5 : 1;
}

/** Shared weight of two lists of words over the weight of both (Dice); a word one letter off counts for most of one. */
function sharedWords(a: readonly string[], b: readonly string[]): number {
  const left = [...b];
  let shared = 0;
  for (const token of a) {
    let at = left.indexOf(token);
    let value = 1;
    if (at === -1 && token.length > 3 && !/^\d/.test(token)) {
      at = left.findIndex((other) => editDistance(token, other, 2) <= 1);
      value = 0.8;
    }
    if (at === -1) continue;
    shared += value * weight(token);
    left.splice(at, 1);
  }
  const total = [...a, ...b].reduce((sum, token) => sum + weight(token), 0);
  return (2 * shared) / total;
}

/** Letters to insert, drop, change or swap with a neighbour (optimal string alignment); `limit` + 1 when it is more. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length] ?? 0, limit + 1);
}
