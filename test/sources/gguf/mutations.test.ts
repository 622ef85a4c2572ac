import { describe, expect, it } from "vitest";
import { architectureById } from "../../../src/architectures/registry.js";
import { FitcheckError } from "../../../src/core/errors.js";
import { prepareQuantization, quantizedBytes } from "../../../src/core/quantize.js";
import { parseGgufHeader } from "../../../src/sources/gguf/header.js";
import { modelFromGguf } from "../../../src/sources/gguf/model.js";
import { buildGguf, type GgufSpec, strings, tinyLlama, uint32, type Value, vocabulary } from "./build.js";

const MUTATIONS = 20_000;
const SEED = 20_260_928;

const nested: Value = { type: "array", of: "array", value: [strings(["a", "b"]), strings(["c"])] };
const perLayer: Value = { type: "array", of: "uint32", value: [2, 2] };
const originals: Uint8Array[] = (
  [
    tinyLlama(),
    tinyLlama(vocabulary(40, 40)),
    { ...tinyLlama(vocabulary(40, 40)), bigEndian: true },
    { ...tinyLlama({ "llama.attention.head_count_kv": perLayer, "x.nested": nested }), withData: true },
    tinyLlama({ "split.no": uint32(0), "split.count": uint32(2), "split.tensors.count": uint32(40) }),
    { ...tinyLlama({ "llama.rope.freq_base": { type: "float32", value: 1e4 } }), version: 2 },
  ] satisfies GgufSpec[]
).map(buildGguf);

/** A generator of numbers from 0 to 1 that always gives the same ones (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers that counts, lengths, offsets and types have been attacked with. */
const NASTY: readonly bigint[] = [
  0n,
  1n,
  2n,
  8n,
  9n,
  13n,
  255n,
  65_536n,
  1_000_000n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n - 8n,
  0x7ff8_0000_0000_0000n,
  0x7fc0_0000_7fc0_0000n,
];

function mutated(original: Uint8Array, random: () => number): Uint8Array {
  let bytes: Uint8Array = original.slice();
  const place = (room = 1) => Math.floor(random() * Math.max(1, bytes.length - room));
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const nasty = NASTY[Math.floor(random() * NASTY.length)] as bigint;
    const littleEndian = random() < 0.7;
    if (bytes.length < 16) break;
    switch (Math.floor(random() * 7)) {
      case 0:
        bytes = bytes.slice(0, place());
        break;
      case 1:
        view.setUint8(place(), Math.floor(random() * 256));
        break;
      case 2:
        view.setBigUint64(place(8), nasty, littleEndian);
        break;
      case 3:
        view.setUint32(place(4), Number(nasty & 0xffff_ffffn), littleEndian);
        break;
      case 4:
        // The counts at the very start decide how much is read at all.
        view.setBigUint64(random() < 0.5 ? 8 : 16, nasty, littleEndian);
        break;
      case 5: {
        // A piece that occurs twice makes keys and names that do.
        const start = place();
        bytes = concatenated(bytes.slice(0, start), bytes.slice(start, start + 40), bytes.slice(start));
        break;
      }
      default: {
        const start = place();
        bytes = concatenated(bytes.slice(0, start), bytes.slice(start + Math.floor(random() * 40)));
      }
    }
  }
  return bytes;
}

function concatenated(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What becomes of a file: "answered", or the error's code. Anything but a proper answer or error throws. */
function outcome(bytes: Uint8Array): string {
  try {
    const header = parseGgufHeader(bytes, "hostile.gguf");
    const model = modelFromGguf(
      header,
      { id: "hostile.gguf", place: "hostile.gguf", source: "gguf" },
      architectureById,
    );
    const layers = model.architecture.layers(model.hyperparameters);
    const weights = quantizedBytes(prepareQuantization(model.tensors, model.hyperparameters), "Q4_K_M");
    expect(layers.length).toBeLessThanOrEqual(2048);
    for (const bytes of [header.fileBytes, header.dataBytes, model.parameters, weights]) {
      expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
    }
    return "answered";
  } catch (error) {
    if (!(error instanceof FitcheckError)) throw error;
    expect(error.message).toMatch(/^hostile\.gguf: [\x20-\x7e]{1,250}$/);
    return error.code;
  }
}

describe("hostile files", () => {
  it(`${MUTATIONS} mutations end in an answer or in one clear line`, { timeout: 60_000 }, () => {
    const random = randomFrom(SEED);
    const outcomes: Record<string, number> = {};
    let slowest = 0;
    const before = process.memoryUsage.rss();
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutated(originals[i % originals.length] as Uint8Array, random);
      const start = performance.now();
      const result = outcome(bytes);
      slowest = Math.max(slowest, performance.now() - start);
      outcomes[result] = (outcomes[result] ?? 0) + 1;
    }
    expect(Object.keys(outcomes).sort()).toEqual(["BAD_FILE", "UNSUPPORTED_ARCHITECTURE", "answered"]);
    expect(outcomes["answered"]).toBeGreaterThan(MUTATIONS / 50);
    expect(slowest).toBeLessThan(1000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
  });

  it("every truncation", () => {
    for (const original of originals) {
      const { headerBytes } = parseGgufHeader(original, "hostile.gguf");
      for (let length = 0; length < headerBytes; length++)
        expect(outcome(original.subarray(0, length))).toBe("BAD_FILE");
    }
  });
});
