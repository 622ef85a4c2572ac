import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FitReport } from "../../src/core/report.js";
import { buildGguf, text, tinyLlama, uint32 } from "../sources/gguf/build.js";
import { put, temporaryFolder, tinyModel } from "../sources/stores/fake.js";
import { fitcheck } from "../support/io.js";

const MODEL = "llama-3.1-8b:Q4_K_M";
const DRAFT = "llama-3.2-1b:Q8_0";

function projector(folder = temporaryFolder()): string {
  const bytes = buildGguf({
    metadata: {
      "general.architecture": text("clip"),
      "clip.vision.projector_type": text("qwen3vl_merger"),
      "clip.vision.patch_size": uint32(16),
      "clip.vision.spatial_merge_size": uint32(2),
      "clip.vision.embedding_length": uint32(1152),
      "clip.vision.feed_forward_length": uint32(4304),
    },
    tensors: [{ name: "v.blk.0.attn_qkv.weight", shape: [1152, 3456], type: "f16" }],
    withData: true,
  });
  return put(join(folder, "mmproj-F16.gguf"), bytes);
}

async function report(line: string): Promise<FitReport> {
  const { out, err } = await fitcheck(`${line} --json`);
  expect(err).toBe("");
  return JSON.parse(out);
}

describe("a draft and a projector", () => {
  const GPU = '--gpu "rtx 4090" --ram 64GiB -c 8192';

  test("are rows of their own and counted in every estimate", async () => {
    const file = projector();
    const alone = await report(`${MODEL} ${GPU}`);
    const both = await report(`${MODEL} ${GPU} --mmproj ${file} --draft ${DRAFT}`);
    expect(both.extras?.map(({ kind, name, quant }) => [kind, name, quant])).toEqual([
      ["projector", "mmproj-F16.gguf", undefined],
      ["draft", "Llama 3.2 1B Instruct", "Q8_0"],
    ]);
    const extra = (both.extras ?? []).reduce((sum, { memory }) => sum + (memory.devices[0]?.totalBytes ?? 0), 0);
    const [before] = alone.quants[0]?.required.devices ?? [];
    const [after] = both.quants[0]?.required.devices ?? [];
    expect(after).toEqual({ ...before, extraBytes: extra, totalBytes: (before?.totalBytes ?? 0) + extra });
    expect(both.quants[0]?.placement?.memory.devices[0]).toEqual(after);
    expect(both.hardware).toEqual(alone.hardware);
  });

  test("a draft takes what the same model takes, with a cache in F16 and no overhead of its own", async () => {
    const { extras } = await report(`${MODEL} ${GPU} --draft ${DRAFT} --kv q8_0`);
    const [own] = (await report(`${DRAFT} ${GPU}`)).quants[0]?.required.devices ?? [];
    expect(extras?.[0]?.memory.devices[0]).toEqual({
      ...own,
      overheadBytes: 0,
      totalBytes: (own?.totalBytes ?? 0) - (own?.overheadBytes ?? 0),
    });
  });

  test("leave less room for context: the largest that fits does, and one step more does not", async () => {
    const gpu = "--vram 8GiB --ram 64GiB";
    const alone = await report(`${MODEL} ${gpu} -c 4096`);
    const both = await report(`${MODEL} ${gpu} -c 4096 --draft ${DRAFT}`);
    const longest = both.quants[0]?.maxContextLength ?? 0;
    expect(longest).toBeGreaterThan(4096);
    expect(longest).toBeLessThan(alone.quants[0]?.maxContextLength ?? 0);
    expect((await report(`${MODEL} ${gpu} -c ${longest} --draft ${DRAFT}`)).quants[0]?.verdict).toBe("full");
    expect((await report(`${MODEL} ${gpu} -c ${longest + 256} --draft ${DRAFT}`)).quants[0]?.verdict).not.toBe("full");
  });

  test("can be what no longer fits", async () => {
    const gpu = "--vram 6.5GiB --ram 64GiB -c 4096";
    expect((await report(`${MODEL} ${gpu}`)).quants[0]?.verdict).toBe("full");
    const both = await report(`${MODEL} ${gpu} --draft ${DRAFT}`);
    expect(both.quants[0]?.verdict).toBe("partial");
    const [device] = both.quants[0]?.placement?.memory.devices ?? [];
    expect((device?.totalBytes ?? 0) + 2 ** 30).toBeLessThanOrEqual(6.5 * 2 ** 30);
  });

  test("grow with the context, a column each", async () => {
    const { quants } = await report(`${MODEL} --gpu "rtx 4090" --ram 64GiB -c 4k,16k --draft ${DRAFT}`);
    expect(quants.map((quant) => quant.contextLength)).toEqual([4096, 16384]);
    const [small, large] = quants.map((quant) => quant.required.devices[0]?.extraBytes ?? 0);
    expect(large).toBeGreaterThan(small ?? 0);
  });

  test("are told to llama.cpp, and to the user where a runtime cannot be told", async () => {
    const file = projector();
    const { commands, notes } = await report(`${MODEL} ${GPU} --mmproj ${file} --draft ${DRAFT}`);
    expect(commands?.["llama.cpp"]).toContain(`--mmproj ${file} -`);
    expect(commands?.["llama.cpp"]).toMatch(/ -(md|hfd) /);
    expect(notes).toContainEqual({
      code: "COMMAND_CANNOT_SAY",
      args: { runtime: "ollama", settings: "--mmproj, --draft" },
    });
  });

  test("stand in the head of the table and in a column", async () => {
    const { out } = await fitcheck(`${MODEL} ${GPU} --mmproj ${projector()} --draft ${DRAFT}`);
    expect(out).toMatch(/^Projector mmproj-F16\.gguf: \d\.\d\d GiB \(weights 0\.01, compute \d\.\d\d\)$/m);
    expect(out).toMatch(/^Draft +Llama 3\.2 1B Instruct Q8_0: \d\.\d\d GiB \(weights .*, cache .*, compute .*\)$/m);
    expect(out).toMatch(/Beside +Total/);
  });
});

describe("what is none", () => {
  const GPU = '--gpu "rtx 4090" --ram 64GiB';

  test.each([
    ["a model for a projector", () => put(join(temporaryFolder(), "model.gguf"), tinyModel()), "this is no projector"],
    ["nothing", () => "/nowhere/mmproj.gguf", "there is no such file"],
    ["no GGUF", () => put(join(temporaryFolder(), "mmproj.gguf"), "hello"), "GGUF"],
  ])("%s", async (_, make, message) => {
    const { code, err } = await fitcheck(`${MODEL} ${GPU} --mmproj ${make()}`);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test.each([
    ["patch_size", 0],
    ["patch_size", 4_000_000_000],
    ["embedding_length", 4_000_000_000],
    ["image_size", 4_000_000_000],
  ])("a projector with an impossible %s of %i", async (key, value) => {
    const metadata = {
      "general.architecture": text("clip"),
      "clip.vision.embedding_length": uint32(1152),
      [`clip.vision.${key}`]: uint32(value),
    };
    const file = put(join(temporaryFolder(), "mmproj.gguf"), buildGguf({ metadata, tensors: tinyLlama().tensors }));
    const { code, err } = await fitcheck(`${MODEL} ${GPU} --mmproj ${file}`);
    expect(code).toBe(2);
    expect(err).toContain(`"clip.vision.${key}" has an impossible value`);
  });

  test("an unknown draft", async () => {
    const { code, err } = await fitcheck(`${MODEL} ${GPU} --draft llama-3.2-1x`);
    expect(code).toBe(2);
    expect(err).toContain("llama-3.2-1b");
  });
});
