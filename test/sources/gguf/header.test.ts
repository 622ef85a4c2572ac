import { describe, expect, it } from "vitest";
import { parseGgufHeader } from "../../../src/sources/gguf/header.js";
import { buildGguf, type GgufSpec, strings, text, tinyLlama, uint32, type Value, vocabulary } from "./build.js";

const parse = (spec: GgufSpec) => parseGgufHeader(buildGguf(spec), "model.gguf");

/** Bytes of a file with a few of them changed. */
function patched(spec: GgufSpec, patch: (view: DataView, bytes: Buffer) => void): Uint8Array {
  const bytes = Buffer.from(buildGguf(spec));
  patch(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes);
  return bytes;
}

const deep = (levels: number): Value => ({
  type: "array",
  of: "array",
  value: [levels > 1 ? deep(levels - 1) : strings(["x"])],
});

describe("what a header says", () => {
  it("the architecture's own keys, without their prefix", () => {
    const header = parse(tinyLlama({ "llama.rope.scaling.type": text("yarn"), "other.block_count": uint32(7) }));
    expect(header).toMatchObject({
      version: 3,
      endian: "little",
      architecture: "llama",
      general: { name: "Tiny", fileType: 7 },
    });
    expect(header.metadata.number("block_count")).toBe(2);
    expect(header.metadata.text("rope.scaling.type")).toBe("yarn");
    expect(header.values.get("other.block_count")).toBe(7);
  });

  it("one number per layer", () => {
    const header = parse(tinyLlama({ "llama.attention.head_count_kv": { type: "array", of: "int32", value: [4, 0] } }));
    expect(header.metadata.numberAt("attention.head_count_kv", 1)).toBe(0);
  });

  it("the size of the vocabulary, not its words", () => {
    const header = parse(tinyLlama(vocabulary(500, 600)));
    expect(header.vocabularySize).toBe(500);
    expect(header.arrayLengths.get("tokenizer.ggml.merges")).toBe(600);
    expect([...header.values.keys()].filter((key) => key.startsWith("tokenizer."))).toEqual([
      "tokenizer.ggml.model",
      "tokenizer.ggml.pre",
      "tokenizer.ggml.bos_token_id",
    ]);
  });

  it("nothing that JavaScript objects have by themselves", () => {
    const { metadata } = parse(tinyLlama({ "llama.__proto__": uint32(1) }));
    expect(metadata.has("constructor")).toBe(false);
    expect(metadata.number("__proto__")).toBe(1);
  });

  it("nested arrays are passed over", () => {
    expect(parse(tinyLlama({ "x.deep": deep(3) })).arrayLengths.get("x.deep")).toBe(1);
  });

  it("strings of more than 64 KiB in a vocabulary", () => {
    for (const bigEndian of [false, true]) {
      const long = strings(["a", "x".repeat(70_000), "b"]);
      expect(parse({ ...tinyLlama({ "tokenizer.ggml.tokens": long }), bigEndian }).vocabularySize).toBe(3);
    }
  });

  it("a scalar tensor without dimensions", () => {
    const tensors = [{ name: "scale", shape: [], type: "f32" } as const];
    expect(parse({ metadata: tinyLlama().metadata ?? {}, tensors }).dataBytes).toBe(32);
  });

  it("how many bytes the file should have", () => {
    const spec = tinyLlama();
    const whole = parseGgufHeader(buildGguf({ ...spec, withData: true }), "model.gguf");
    expect(whole.notes).toEqual([]);
    const part = parse(spec);
    expect(part.notes).toEqual([
      { code: "FILE_INCOMPLETE", args: { fileBytes: part.presentBytes, expectedBytes: whole.presentBytes } },
    ]);
  });
});

describe("what is wrong with a file, in one line", () => {
  const metadata = tinyLlama().metadata ?? {};
  const tensor = (shape: number[], name = "a.weight") => ({
    metadata,
    tensors: [{ name, shape, type: "f32" } as const],
  });

  it.each<[string, Uint8Array]>([
    ["this is not a GGUF file", Buffer.from("PK\x03\x04 something else entirely")],
    ["it ends inside its header (an unfinished download?)", new Uint8Array(0)],
    ["it ends inside its header (an unfinished download?)", buildGguf(tinyLlama()).subarray(0, 500)],
    ["GGUF version 1 is not supported, only 2 and 3 are", buildGguf({ version: 1 })],
    ["GGUF version 4 is not supported, only 2 and 3 are", buildGguf({ version: 4, bigEndian: true })],
    ["its alignment of 48 is impossible", buildGguf({ metadata: { ...metadata, "general.alignment": uint32(48) } })],
    ["its alignment of 0 is impossible", buildGguf({ metadata: { ...metadata, "general.alignment": uint32(0) } })],
    ["its alignment of big is impossible", buildGguf({ metadata: { ...metadata, "general.alignment": text("big") } })],
    ["it does not say its architecture (general.architecture)", buildGguf({ metadata: { "a.b": uint32(1) } })],
    [
      "18446744073709552000 tensors are impossible",
      patched({ metadata }, (view) => view.setBigUint64(8, 2n ** 64n - 1n, true)),
    ],
    ["1000000 metadata keys are impossible", patched({ metadata }, (view) => view.setBigUint64(16, 1_000_000n, true))],
    [
      'the metadata key "llama.twin" occurs twice',
      patched({ metadata: { ...metadata, "llama.twin": uint32(1), "llama.twit": uint32(2) } }, (_, bytes) =>
        bytes.write("llama.twin", bytes.indexOf("llama.twit")),
      ),
    ],
    [
      'the metadata key "llama.odd" has the unknown value type 13',
      patched({ metadata: { "llama.odd": uint32(1) } }, (view, bytes) =>
        view.setUint32(bytes.indexOf("llama.odd") + 9, 13, true),
      ),
    ],
    [
      'the metadata key "x.deep" nests arrays deeper than 4',
      buildGguf({ metadata: { ...metadata, "x.deep": deep(6) } }),
    ],
    [
      'the metadata key "x.many" has the impossible number of 1099511627776 entries',
      patched({ metadata: { "x.many": strings([]) } }, (view, bytes) =>
        view.setBigUint64(bytes.indexOf("x.many") + 6 + 8, 2n ** 40n, true),
      ),
    ],
    [
      "a string of its vocabulary is impossibly long",
      patched({ metadata: { "x.long": strings(["a".repeat(40)]) } }, (view, bytes) =>
        view.setBigUint64(bytes.indexOf("x.long") + 6 + 16, 2n ** 63n, true),
      ),
    ],
    ['the tensor "a.weight" has 5 dimensions, at most 4 are possible', buildGguf(tensor([1, 1, 1, 1, 1]))],
    ['the tensor "a.weight" has the impossible shape 32 x 0', buildGguf(tensor([32, 0]))],
    ['the tensor "a.weight" has the impossible shape 4294967296 x 4294967296', buildGguf(tensor([2 ** 32, 2 ** 32]))],
    [
      'the tensor "a.weight" has the impossible shape 18446744073709552000',
      patched(tensor([32]), (view, bytes) => view.setBigInt64(bytes.indexOf("a.weight") + 8 + 4, -1n, true)),
    ],
    [
      'the tensor "a.weight" has rows of 100, which q4_K blocks of 256 do not divide',
      buildGguf({ metadata, tensors: [{ name: "a.weight", shape: [100], type: "q4_K" }] }),
    ],
    [
      'the tensor "a.weight" has the unknown type 99',
      patched(tensor([32]), (view, bytes) => view.setUint32(bytes.indexOf("a.weight") + 8 + 12, 99, true)),
    ],
    [
      'the tensor "a.weight" has Q4_2, a type that ggml no longer has',
      patched(tensor([32]), (view, bytes) => view.setUint32(bytes.indexOf("a.weight") + 8 + 12, 4, true)),
    ],
    [
      'the data of tensor "a.weight" starts at 1 instead of 0',
      patched(tensor([32]), (view, bytes) => view.setBigUint64(bytes.indexOf("a.weight") + 8 + 16, 1n, true)),
    ],
    [
      'the tensor "a.weight" occurs twice',
      buildGguf({
        metadata,
        tensors: [
          { name: "a.weight", shape: [8], type: "f32" },
          { name: "a.weight", shape: [8], type: "f32" },
        ],
      }),
    ],
    [
      'the tensor "?[31mred?" occurs twice',
      buildGguf({
        metadata,
        tensors: [
          { name: "\x1b[31mred\n", shape: [8], type: "f32" },
          { name: "\x1b[31mred\n", shape: [8], type: "f32" },
        ],
      }),
    ],
    [
      "its split.* keys contradict each other",
      buildGguf({ metadata: { ...metadata, "split.count": uint32(2), "split.no": uint32(2) } }),
    ],
  ])("%s", (problem, bytes) => {
    expect(() => parseGgufHeader(bytes, "model.gguf")).toThrow(
      expect.objectContaining({ code: "BAD_FILE", message: `model.gguf: ${problem}` }),
    );
  });
});
