/**
 * Splits the names people and drivers use for GPUs into words that can be compared as sets, so that
 * `rtx4090`, `RTX 4090` and `NVIDIA GeForce RTX 4090` agree while `a1000` never looks like `a100`.
 */

/** A GPU name taken apart. */
export interface NameParts {
  /** Words of the name in lower case, without sizes and without words that say nothing. */
  readonly words: ReadonlySet<string>;
  /** Memory sizes in the name, in GiB: `12gb` gives 12. */
  readonly sizes: readonly number[];
}

/** Words that distinguish nothing. */
const EMPTY_WORDS = new Set(
  (
    "gpu graphics card generation gen edition workstation with design series accelerator the " +
    "chip soc unified memory vram ram oam w"
  ).split(" "),
);

/** Computers that carry a chip's name in theirs. */
const MACHINES = /\b(macbook (?:pro|air)|mac (?:pro|mini|studio)|macbook|imac(?: pro)?|mac)\b/g;

const SAME_WORD: ReadonlyMap<string, string> = new Map(
  Object.entries({
    mobile: "laptop",
    notebook: "laptop",
    sxm2: "sxm",
    sxm3: "sxm",
    sxm4: "sxm",
    sxm5: "sxm",
    sxm6: "sxm",
    pcie: "pcie",
    pci: "pcie",
    modded: "modified",
  }),
);

/** Words that are written together with a following model number: `rtx4090`, `arca770`, `rtxa6000`, `applem3`. */
const PREFIX =
  /^(nvidia|geforce|rtx|gtx|rx|radeon|arc|tesla|quadro|instinct|apple|jetson|pro|agx)(?=[a-z]{0,2}\d)(.+)$/;

/** What is written together with a four-digit number: `7900xtx`, `4070tis`, `4090d`, `6800m`, `6000ada`. */
const SUFFIXED = /^(\d{4})((?:xtx|xt|gre|super|ti|laptop|mobile|ada|sff|s|d|m)+)$/;
const SUFFIX = /xtx|xt|gre|super|ti|laptop|mobile|ada|sff|s|d|m/g;
const SHORT_SUFFIX: Readonly<Record<string, string>> = { s: "super", m: "laptop" };

/** `m3max`, `m1ultra`, `h100sxm`, `a100pcie`, `h100nvl`. */
const CHIP_SUFFIX = /^(m\d)(pro|max|ultra)$|^([ahv]\d{3})(sxm\d?|pcie|nvl)$/;

/** Words that only mean something together with the next one: `titan v`, `vega 64`, `mi 50`, `max-q`. */
const JOINED = new Set(["titan", "vega", "mi"]);

/** Names that people write as one word. */
const COMPOUND: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    strixhalo: ["strix", "halo"],
    strixpoint: ["strix", "point"],
    dgxspark: ["dgx", "spark"],
    maxq: ["maxq"],
  }),
);

function splitWord(word: string): readonly string[] {
  const compound = COMPOUND.get(word);
  if (compound) return compound;
  const prefixed = PREFIX.exec(word);
  if (prefixed) return [prefixed[1] ?? "", ...splitWord(prefixed[2] ?? "")];
  const suffixed = SUFFIXED.exec(word);
  if (suffixed) {
    const suffixes = (suffixed[2] ?? "").match(SUFFIX) ?? [];
    return [suffixed[1] ?? "", ...suffixes.map((suffix) => SHORT_SUFFIX[suffix] ?? suffix)];
  }
  const chip = CHIP_SUFFIX.exec(word);
  if (chip) return [chip[1] ?? chip[3] ?? "", chip[2] ?? chip[4] ?? ""];
  return [word];
}

/** Writes `12 gb`, `40 cores` and `max-q` as one word each, and leaves only words and spaces. */
function clean(name: string): string {
  return name
    .toLowerCase()
    .replace(/\((?:r|tm|c)\)|[\u00ae\u2122\u00a9]/g, " ") // ®, ™, ©
    .replace(/[^a-z0-9]+/g, " ")
    .replace(MACHINES, " ")
    .replace(/\bmax q\b/g, "maxq")
    .replace(/\b(\d+) ?(?:gib|gb|g)\b/g, " $1gb ")
    .replace(/(pro|max|ultra|ti|xt|super)(\d+gb)\b/g, "$1 $2")
    .replace(/\b(\d+) ?cores?\b/g, " $1core ")
    .trim();
}

/** Takes a GPU name apart. `undefined` names nothing. */
export function nameParts(name: string): NameParts {
  const words = new Set<string>();
  const sizes: number[] = [];
  const raw = clean(name).split(/ +/);
  for (let i = 0; i < raw.length; i++) {
    let word = raw[i] ?? "";
    const size = /^(\d+)gb$/.exec(word);
    if (size) {
      sizes.push(Number(size[1]));
      continue;
    }
    const next = raw[i + 1];
    if (JOINED.has(word) && next !== undefined && !/gb$/.test(next)) {
      word += next;
      i++;
    }
    for (const part of splitWord(word)) {
      const same = SAME_WORD.get(part) ?? part;
      if (same !== "" && !EMPTY_WORDS.has(same)) words.add(same);
    }
  }
  return { words, sizes };
}

/**
 * Digits that every name meant by `name` must contain literally (`4090` for `RTX4090 Laptop`), so that
 * the other names need not be taken apart at all; `undefined` when the name has no model number.
 */
export function modelDigits(name: string): string | undefined {
  const words = [...nameParts(name).words];
  const word = words.find((one) => /\d{2}/.test(one)) ?? words.find((one) => /\d/.test(one));
  return word === undefined ? undefined : /\d+/.exec(word)?.[0];
}
