import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readGgufFile } from "../../../src/sources/gguf/read.js";
import { buildGguf, tinyLlama, uint32 } from "./build.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fitcheck-gguf-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { metadata = {}, tensors } = tinyLlama();

/** Part `part` of `count`, with an equal share of the tensors; only the first says what the model is. */
function part(part: number, count: number, changes: Record<string, ReturnType<typeof uint32>> = {}): Uint8Array {
  const share = Math.ceil(tensors.length / count);
  const split = {
    "split.no": uint32(part),
    "split.count": uint32(count),
    "split.tensors.count": uint32(tensors.length),
  };
  return buildGguf({
    metadata: { ...(part === 0 ? metadata : {}), ...split, ...changes },
    tensors: tensors.slice(part * share, (part + 1) * share),
    withData: true,
  });
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const badFile = (message: string) => ({ code: "BAD_FILE", message });

describe("a split model", () => {
  it.each([0, 1, 2])("is whole, whichever part is given (%i)", async (given) => {
    const paths = [0, 1, 2].map((i) => write(`my-model-0000${i + 1}-of-00003.gguf`, part(i, 3)));
    const header = await readGgufFile(paths[given] as string);
    expect(header.architecture).toBe("llama");
    expect(header.tensors.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    expect(header.presentBytes).toBe(header.fileBytes);
    expect(header.notes).toEqual([]);
  });

  it("names the parts that are missing", async () => {
    const path = write("m-00002-of-00006.gguf", part(1, 6));
    const problem = "of the split model m-00001-of-00006.gguf, m-00003-of-00006.gguf, m-00004-of-00006.gguf and 2 more";
    await expect(readGgufFile(path)).rejects.toMatchObject(badFile(`${path}: ${problem} are missing beside it`));
  });

  it("counts what is there of unfinished parts", async () => {
    const first = part(0, 2);
    const second = part(1, 2);
    const path = write("m-00001-of-00002.gguf", first);
    write("m-00002-of-00002.gguf", second.subarray(0, second.length - 5000));
    const expected = first.length + second.length;
    expect((await readGgufFile(path)).notes).toEqual([
      { code: "FILE_INCOMPLETE", args: { fileBytes: expected - 5000, expectedBytes: expected } },
    ]);
  });

  it("cannot be read under another name", async () => {
    const path = write("sha256-0123", part(0, 2));
    await expect(readGgufFile(path)).rejects.toMatchObject(
      badFile(`${path}: it is part 1 of 2 of a split model, and its name does not tell how the others are called`),
    );
    const wrong = write("m-00002-of-00002.gguf", part(0, 2));
    await expect(readGgufFile(wrong)).rejects.toMatchObject(
      badFile(`${wrong}: its header calls it part 1 of 2 of a split model, which is not what its name says`),
    );
  });

  it.each([
    ["its part 2 belongs to another model", part(1, 3)],
    ["its part 2 belongs to another model", buildGguf({ metadata, tensors: [] })],
    [`its parts have ${Math.ceil(tensors.length / 2)} tensors instead of ${tensors.length}`, { count: 0 }],
    [
      'the tensor "token_embd.weight" is in two of its parts',
      { count: tensors.length - Math.ceil(tensors.length / 2) },
    ],
  ])("%s", async (problem, second) => {
    const path = write("m-00001-of-00002.gguf", part(0, 2));
    const split = { "split.no": uint32(1), "split.count": uint32(2), "split.tensors.count": uint32(tensors.length) };
    const bytes =
      second instanceof Uint8Array ? second : buildGguf({ metadata: split, tensors: tensors.slice(0, second.count) });
    write("m-00002-of-00002.gguf", bytes);
    await expect(readGgufFile(path)).rejects.toMatchObject(badFile(`${path}: ${problem}`));
  });
});

describe("a path that is no GGUF file", () => {
  it("does not exist", async () => {
    const path = join(folder, "none.gguf");
    await expect(readGgufFile(path)).rejects.toMatchObject(badFile(`${path}: there is no such file`));
  });

  it("is a folder", async () => {
    await expect(readGgufFile(folder)).rejects.toMatchObject(badFile(`${folder}: this is not a file`));
  });

  it.skipIf(process.platform === "win32")("is a pipe that nobody writes to", async () => {
    const path = join(folder, "pipe.gguf");
    execFileSync("mkfifo", [path]);
    await expect(readGgufFile(path)).rejects.toMatchObject(badFile(`${path}: this is not a file`));
  });
});
