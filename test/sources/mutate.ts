/** A generator of numbers from 0 to 1 that always gives the same ones (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function oneOf<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

/** Values that programs have been attacked with, as JSON text. */
const NASTY: readonly string[] = [
  "null",
  "true",
  "-1",
  "0",
  "0.5",
  "1e308",
  "1e999",
  "-1e999",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "18446744073709551615",
  '""',
  '"x"',
  '"\\u0000\\u001b[31m"',
  '"../../../etc/passwd"',
  '"NaN"',
  "[]",
  "{}",
  "[[[[[[[[]]]]]]]]",
  '{"__proto__": {"polluted": true}}',
  "[1,2,3]",
  '["__proto__", "constructor"]',
  `"${"long ".repeat(2000)}"`,
];

/** JSON text with a few values replaced, keys doubled or dropped, bytes changed, or an end cut off. */
export function mutatedJson(original: string, random: () => number): string {
  let text = original;
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--) {
    const kind = random();
    if (kind < 0.7) text = withValue(text, random);
    else if (kind < 0.8) text = text.slice(0, Math.floor(random() * text.length));
    else text = withBytes(text, random);
  }
  return text;
}

/** One `: value` replaced, whatever it was, or its whole pair dropped. */
function withValue(text: string, random: () => number): string {
  const values = [...text.matchAll(/: ?("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|\[[^[\]{}]*\]|\{[^{}]*\})/g)];
  if (values.length === 0) return text;
  const { 0: match, index } = oneOf(values, random);
  const value = random() < 0.1 ? ":" : `: ${oneOf(NASTY, random)}`;
  return text.slice(0, index) + value + text.slice(index + match.length);
}

/** A piece dropped, doubled or overwritten. */
function withBytes(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length);
  const end = at + Math.floor(random() * 20);
  switch (Math.floor(random() * 3)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, end) + text.slice(at);
    default:
      return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
  }
}

/** Bytes with a few of them changed, cut off, or a number among the first replaced. */
export function mutatedBytes(original: Uint8Array, random: () => number): Uint8Array {
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--) {
    const at = Math.floor(random() * Math.max(1, bytes.length - 8));
    const kind = random();
    if (kind < 0.2 && bytes.length >= 8)
      view.setBigUint64(0, BigInt(Math.floor(random() * 2 ** (random() ** 2) * 40)), true);
    else if (kind < 0.3 && bytes.length >= 8) view.setBigUint64(0, 2n ** BigInt(Math.floor(random() * 64)), true);
    else if (kind < 0.9 && bytes.length > 0) bytes[at] = Math.floor(random() * 256);
    else return bytes.subarray(0, Math.floor(random() * bytes.length));
  }
  return bytes;
}

/** What takes longer is tried again. */
const BUSY_MS = 900;

/** What became of many hostile inputs, with the worst of time and memory. */
export class Tally {
  readonly outcomes: Record<string, number> = {};
  slowestMs = 0;
  private readonly before = process.memoryUsage.rss();
  private peak = 0;

  /** The machine may be busy with something else: only what is slow three times counts as slow. */
  async count(run: () => string | Promise<string>): Promise<void> {
    let outcome = "";
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 3 && fastestMs > BUSY_MS; attempt++) {
      const start = performance.now();
      outcome = await run();
      fastestMs = Math.min(fastestMs, performance.now() - start);
    }
    this.slowestMs = Math.max(this.slowestMs, fastestMs);
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    this.peak = Math.max(this.peak, process.memoryUsage.rss());
  }

  get grownBytes(): number {
    return this.peak - this.before;
  }
}
