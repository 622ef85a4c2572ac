import { GiB } from "../core/units.js";
import type { Gpu, GpuVendor } from "./gpu.js";
import { type NameParts, nameParts } from "./names.js";

export type GpuMatch =
  /** `alike` names further GPUs of the same memory that the words also fit; the slowest was taken. */
  | { readonly kind: "match"; readonly gpu: Gpu; readonly alike: readonly Gpu[] }
  | { readonly kind: "ambiguous"; readonly choices: readonly Gpu[] }
  | { readonly kind: "none"; readonly suggestions: readonly Gpu[] };

const VENDOR_WORDS: Readonly<Record<string, GpuVendor>> = {
  nvidia: "nvidia",
  amd: "amd",
  ati: "amd",
  intel: "intel",
  apple: "apple",
  qualcomm: "qualcomm",
};

/** Words a card's name may be typed without, because the number says it all. */
const FAMILY_WORDS = new Set(
  "geforce rtx gtx rx radeon tesla instinct arc jetson cmp ryzen ai core adreno iris vega".split(" "),
);

/** Words that tell variants of one card apart: left out, the variants are alternatives. */
const VARIANT_WORDS = new Set(
  "pcie sxm nvl hbm2 hbm2e hbm3 hbm3e ada blackwell quadro gddr6 pascal modified".split(" "),
);

/** Of those, the ones that mean another socket for the same memory. */
const SOCKET_WORDS = new Set("pcie sxm nvl hbm2 hbm2e hbm3 hbm3e".split(" "));

const isChoice = (word: string): boolean => VARIANT_WORDS.has(word) || /^\d+core$/.test(word);

interface CardName {
  readonly gpu: Gpu;
  readonly parts: NameParts;
}

interface Query {
  readonly words: readonly string[];
  readonly vendor: GpuVendor | undefined;
  readonly size: number | undefined;
}

function withoutVendor(words: ReadonlySet<string>): { words: string[]; vendor: GpuVendor | undefined } {
  const rest: string[] = [];
  let vendor: GpuVendor | undefined;
  for (const word of words) {
    if (VENDOR_WORDS[word]) vendor = VENDOR_WORDS[word];
    else rest.push(word);
  }
  return { words: rest, vendor };
}

const squeeze = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, "");

/** Names a GPU answers to: its own, its id and its aliases. */
const namesOf = (gpu: Gpu): readonly string[] => [gpu.name, gpu.id, ...gpu.aliases];

const sizeInGiB = (gpu: Gpu): number | undefined => (gpu.memoryBytes === undefined ? undefined : gpu.memoryBytes / GiB);

/** Chips without memory of their own come with any size of RAM. */
const sizeFits = (gpu: Gpu, size: number | undefined): boolean =>
  size === undefined || gpu.memoryBytes === undefined || sizeInGiB(gpu) === size;

/** True when the query names this card: nothing foreign in it, and nothing that defines the card left out. */
function names(query: Query, card: CardName): boolean {
  if (query.vendor !== undefined && query.vendor !== card.gpu.vendor) return false;
  const { words } = card.parts;
  const known = query.words.every((word) => words.has(word) || card.gpu.brandWords.includes(word));
  if (!known) return false;
  let defining = 0;
  for (const word of words) {
    if (VENDOR_WORDS[word] || FAMILY_WORDS.has(word) || isChoice(word)) continue;
    if (!query.words.includes(word)) return false;
    defining++;
  }
  return defining > 0;
}

/** The card's name says nothing beyond the query but its maker and family. */
function isExact(query: Query, card: CardName): boolean {
  for (const word of card.parts.words) if (isChoice(word) && !query.words.includes(word)) return false;
  return card.parts.sizes.every((size) => size === query.size);
}

const unique = (gpus: readonly Gpu[]): Gpu[] => [...new Set(gpus)];

function matching(query: Query, catalog: readonly Gpu[]): CardName[] {
  if (query.words.length === 0) return [];
  const cards: CardName[] = [];
  for (const gpu of catalog) {
    for (const name of namesOf(gpu)) {
      const card = { gpu, parts: nameParts(name) };
      if (names(query, card)) cards.push(card);
    }
  }
  return cards;
}

/** Alternatives that differ only in the socket: the same memory, so one of them can stand for all. */
function onlySocketsDiffer(cards: readonly CardName[]): boolean {
  const essence = (card: CardName): string =>
    [...withoutVendor(card.parts.words).words]
      .filter((word) => !SOCKET_WORDS.has(word) && !FAMILY_WORDS.has(word))
      .sort()
      .join(" ");
  const [first, ...rest] = cards;
  if (first === undefined) return false;
  return rest.every((card) => essence(card) === essence(first) && card.gpu.memoryBytes === first.gpu.memoryBytes);
}

function choose(query: Query, cards: readonly CardName[]): GpuMatch | undefined {
  const fitting = cards.filter((card) => sizeFits(card.gpu, query.size));
  const gpus = unique(fitting.map((card) => card.gpu));
  if (gpus.length === 0) return undefined;
  const exact = unique(fitting.filter((card) => isExact(query, card)).map((card) => card.gpu));
  const [only] = gpus.length === 1 ? gpus : exact.length === 1 ? exact : [];
  if (only) return { kind: "match", gpu: only, alike: [] };
  if (onlySocketsDiffer(fitting)) {
    const [slowest, ...alike] = [...gpus].sort(
      (a, b) => (a.bandwidthBytesPerSecond ?? 0) - (b.bandwidthBytesPerSecond ?? 0),
    );
    if (slowest) return { kind: "match", gpu: slowest, alike };
  }
  return { kind: "ambiguous", choices: gpus };
}

function queryOf(name: string): Query {
  const parts = nameParts(name);
  return { ...withoutVendor(parts.words), size: parts.sizes[0] };
}

/** People write `a100 80` and `m3 max 64`: a bare number that no name contains is a size. */
function bareSize(query: Query): Query | undefined {
  const number = query.size === undefined ? query.words.findLast((word) => /^\d{1,3}$/.test(word)) : undefined;
  if (number === undefined || query.words.length < 2) return undefined;
  return { ...query, words: query.words.filter((word) => word !== number), size: Number(number) };
}

/**
 * Finds the GPU that a typed name means. Names are compared word by word, never by substring.
 * A size in the name (`3060 12gb`) selects among variants; for chips that use the computer's RAM
 * (`strix halo 128gb`) it becomes the memory of the result.
 */
export function matchName(name: string, catalog: readonly Gpu[]): GpuMatch {
  const wanted = squeeze(name);
  const exact = catalog.filter((gpu) => namesOf(gpu).some((own) => squeeze(own) === wanted));
  if (exact.length === 1 && exact[0]) return { kind: "match", gpu: exact[0], alike: [] };

  const query = queryOf(name);
  for (const attempt of [query, bareSize(query)]) {
    const match = attempt && choose(attempt, matching(attempt, catalog));
    if (!match) continue;
    return attempt.size === undefined ? match : withRam(match, attempt.size);
  }
  return { kind: "none", suggestions: suggest(query, catalog) };
}

/** Gives a chip without memory of its own the RAM that was typed. */
function withRam(match: GpuMatch, size: number): GpuMatch {
  if (match.kind !== "match" || match.gpu.memoryBytes !== undefined) return match;
  return { ...match, gpu: { ...match.gpu, memoryBytes: size * GiB } };
}

/** Drivers report up to an eighth less than the memory sold (ECC, reserved parts), and never more. */
function memoryFits(gpu: Gpu, totalBytes: number): boolean {
  const sold = gpu.memoryBytes;
  return sold === undefined || (totalBytes <= sold * 1.03 && totalBytes >= sold * 0.85);
}

/**
 * The names in a driver's or a PCI table's string: `Navi 31 [Radeon RX 7900 XT/7900 XTX]` and
 * `AMD Instinct MI60 / MI50` hold two each.
 */
export function driverNames(name: string): readonly string[] {
  return (/\[([^\]]+)\]/.exec(name)?.[1] ?? name).split("/");
}

/**
 * The catalog row of a detected device, by the name and memory its driver reports; `undefined` rather
 * than a guess. The memory settles what the name leaves open (the drivers call both 3060s the same).
 */
export function matchDriverName(
  name: string,
  totalBytes: number | undefined,
  catalog: readonly Gpu[],
): Gpu | undefined {
  // A name cut short (`NVIDIA GeForce RTX 5070 ...`) could be any of several.
  if (name.trimEnd().endsWith("...")) return undefined;
  const fits = (gpu: Gpu): boolean => totalBytes === undefined || memoryFits(gpu, totalBytes);
  const wanted = squeeze(name);
  const exact = catalog.filter((gpu) => fits(gpu) && namesOf(gpu).some((own) => squeeze(own) === wanted));
  if (exact.length > 0) return exact.length === 1 ? exact[0] : undefined;
  const found = new Set<Gpu>();
  for (const one of driverNames(name)) {
    const query = { ...queryOf(one), size: undefined };
    const match = choose(
      query,
      matching(query, catalog).filter((card) => fits(card.gpu)),
    );
    if (match?.kind === "match" && match.alike.length === 0) found.add(match.gpu);
    else if (match) return undefined;
  }
  return found.size === 1 ? [...found][0] : undefined;
}

/** Every GPU whose name contains all the words, as whole words or as the beginning of one. */
export function matchWords(words: string, catalog: readonly Gpu[]): Gpu[] {
  const parts = nameParts(words);
  const { words: wanted, vendor } = withoutVendor(parts.words);
  return catalog.filter((gpu) => {
    if (vendor !== undefined && gpu.vendor !== vendor) return false;
    if (!parts.sizes.every((size) => sizeFits(gpu, size))) return false;
    return namesOf(gpu).some((name) => {
      const own = [...nameParts(name).words, ...gpu.brandWords];
      return wanted.every((word) => own.some((other) => other.startsWith(word)));
    });
  });
}

/** Number of single-letter changes between two short words. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Closeness of a typed word to a word of a name: 1 when equal, 0 when more than a third of it differs. */
function closeness(word: string, other: string): number {
  if (word === other) return 1;
  const changes = distance(word, other);
  const longest = Math.max(word.length, other.length);
  return changes * 3 <= longest ? 1 - changes / longest : 0;
}

/** Up to five GPUs whose names come closest, best first; none when nothing comes near. */
function suggest(query: Query, catalog: readonly Gpu[]): Gpu[] {
  const scored: { gpu: Gpu; score: number }[] = [];
  for (const gpu of catalog) {
    let best = 0;
    for (const name of namesOf(gpu)) {
      const own = [...nameParts(name).words];
      let score = 0;
      for (const word of query.words) {
        const close = Math.max(0, ...own.map((other) => closeness(word, other)));
        // A model number says which card; a family word hardly anything.
        score += close * (FAMILY_WORDS.has(word) || gpu.brandWords.includes(word) ? 0.1 : 1);
      }
      best = Math.max(best, score - 0.02 * own.length);
    }
    if (query.size !== undefined && sizeInGiB(gpu) === query.size) best += 0.05;
    if (best >= 0.5) scored.push({ gpu, score: best });
  }
  scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, 5).map((entry) => entry.gpu);
}
