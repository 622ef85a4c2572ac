import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gguf } from "@huggingface/gguf";
import { afterAll, describe, expect, it } from "vitest";
import { GGML_TYPES } from "../../../src/core/ggml.js";
import { type GgufHeader, parseGgufHeader } from "../../../src/sources/gguf/header.js";
import { readGgufFile } from "../../../src/sources/gguf/read.js";
import { headerPath, measuredModels } from "../../accuracy/load.js";
import { buildGguf, type GgufSpec, tinyLlama, vocabulary } from "./build.js";

/** What two readers must agree on. */
interface Reading {
  readonly tensors: readonly { name: string; type: number; shape: number[]; offset: number }[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly arrayLengths: Readonly<Record<string, number>>;
}

function ours(header: GgufHeader): Reading {
  return {
    tensors: header.tensors.map(({ name, type, shape, offset }) => ({
      name,
      type: GGML_TYPES[type].id,
      shape: [...shape],
      offset,
    })),
    values: Object.fromEntries(header.values),
    arrayLengths: Object.fromEntries(header.arrayLengths),
  };
}

const plain = (value: unknown): unknown =>
  typeof value === "bigint" ? Number(value) : Array.isArray(value) ? value.map(plain) : value;

/** The same from the reference, as far as ours keeps it: the rest of its metadata must be what we skip. */
async function theirs(path: string, kept: Reading): Promise<Reading> {
  const { metadata, tensorInfos } = await gguf(path, { allowLocalFile: true });
  const values: Record<string, unknown> = {};
  const arrayLengths: Record<string, number> = {};
  for (const [key, value] of Object.entries(metadata as unknown as Record<string, unknown>)) {
    if (["version", "tensor_count", "kv_count"].includes(key)) continue;
    if (key in kept.arrayLengths && Array.isArray(value)) arrayLengths[key] = value.length;
    else if (typeof value === "string" && value.length > 1024) expect(kept.values).not.toHaveProperty([key]);
    else values[key] = plain(value);
  }
  return {
    tensors: tensorInfos.map(({ name, dtype, shape, offset }) => ({
      name,
      type: dtype,
      shape: shape.map(Number),
      offset: Number(offset),
    })),
    values,
    arrayLengths,
  };
}

describe("as @huggingface/gguf reads it", () => {
  it.each(measuredModels())("%s", async (model) => {
    const path = fileURLToPath(headerPath(model));
    const reading = ours(await readGgufFile(path));
    expect(reading).toEqual(await theirs(path, reading));
    expect(ours(parseGgufHeader(readFileSync(path), path))).toEqual(reading);
  });

  const folder = mkdtempSync(join(tmpdir(), "fitcheck-gguf-"));
  const path = join(folder, "model.gguf");
  const everyType: GgufSpec["metadata"] = {
    "x.uint8": { type: "uint8", value: 255 },
    "x.int8": { type: "int8", value: -128 },
    "x.uint16": { type: "uint16", value: 65_535 },
    "x.int16": { type: "int16", value: -32_768 },
    "x.uint32": { type: "uint32", value: 4_294_967_295 },
    "x.int32": { type: "int32", value: -2_147_483_648 },
    "x.float32": { type: "float32", value: 0.1 },
    "x.bool": { type: "bool", value: true },
    "x.string": { type: "string", value: "naïve 模型" },
    "x.uint64": { type: "uint64", value: 2n ** 53n - 1n },
    "x.int64": { type: "int64", value: -(2n ** 53n) + 1n },
    "x.float64": { type: "float64", value: Math.PI },
    "x.numbers": { type: "array", of: "int16", value: [1, -2, 3] },
    "x.longs": { type: "array", of: "uint64", value: [1, 2 ** 40] },
    "x.flags": { type: "array", of: "bool", value: [true, false] },
    "x.words": { type: "array", of: "string", value: ["a", "", "ccc"] },
    "x.none": { type: "array", of: "uint32", value: [] },
  };

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<[string, GgufSpec]>([
    ["a vocabulary", tinyLlama(vocabulary(20_000, 25_000))],
    ["values of every type", tinyLlama(everyType)],
    ["version 2", { ...tinyLlama(everyType), version: 2 }],
    ["big-endian numbers", { ...tinyLlama({ ...everyType, ...vocabulary(3000, 3000) }), bigEndian: true }],
    ["another alignment", { ...tinyLlama({ "general.alignment": { type: "uint32", value: 64 } }), alignment: 64 }],
    ["no tensors", { metadata: tinyLlama().metadata ?? {} }],
  ])("a file with %s", async (_, spec) => {
    writeFileSync(path, buildGguf({ ...spec, withData: true }));
    const header = await readGgufFile(path);
    const reading = ours(header);
    expect(reading).toEqual(await theirs(path, reading));
    expect(header.notes).toEqual([]);
    expect(header.presentBytes).toBe(header.fileBytes);
  });
});
