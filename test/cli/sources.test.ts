import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tinyLlama, uint32 } from "../sources/gguf/build.js";
import { checkpointFilesOf, FORMS } from "../sources/safetensors/build.js";
import { put, temporaryFolder, tinyModel } from "../sources/stores/fake.js";
import { fitcheck } from "../support/io.js";

const MODEL = "a".repeat(64);
const PARAMS = "b".repeat(64);
const GPU = '--gpu "rtx 4090" --ram 64GiB';

/** An Ollama store with one model that asks for a context of 1536, one in the cloud, and one of no known kind. */
function ollama(): { readonly OLLAMA_MODELS: string } {
  const folder = temporaryFolder();
  const library = join(folder, "manifests/registry.ollama.ai/library");
  const layer = (kind: string, hash: string) => ({
    mediaType: `application/vnd.ollama.image.${kind}`,
    digest: `sha256:${hash}`,
  });
  put(join(library, "tiny/1b"), JSON.stringify({ layers: [layer("model", MODEL), layer("params", PARAMS)] }));
  put(join(library, "distant/cloud"), JSON.stringify({ layers: [] }));
  put(join(folder, "blobs", `sha256-${MODEL}`), tinyModel());
  put(join(folder, "blobs", `sha256-${PARAMS}`), '{"num_ctx": 1536}');
  return { OLLAMA_MODELS: folder };
}

describe("an installed model of Ollama", () => {
  test("runs with the context its modelfile asks for, unless told otherwise", async () => {
    const env = ollama();
    const { code, out } = await fitcheck(`ollama:tiny:1b ${GPU} --json`, { env });
    const report = JSON.parse(out);
    expect(code).toBe(0);
    expect(report.settings.contextLength).toBe(1536);
    expect(report.assumed).toContain("contextLength");
    const table = await fitcheck(`ollama:tiny:1b ${GPU}`, { env });
    expect(table.out).toContain("context 1,536 tokens (default)");
    expect(table.out).toContain("The default context is the 1,536 tokens that the modelfile asks for (num_ctx).");
    expect(
      JSON.parse((await fitcheck(`ollama:tiny:1b ${GPU} -c 512 --json`, { env })).out).settings.contextLength,
    ).toBe(512);
  });
});

describe("all that is installed", () => {
  test("in Ollama, each with its verdict", async () => {
    const env = ollama();
    const { code, out } = await fitcheck(`ollama: ${GPU}`, { env, columns: 120 });
    expect(code).toBe(0);
    expect(out).toMatch(/ollama:tiny:1b +Q8_0 .* 1,536 .* fits/);
    expect(out).toMatch(/ollama:distant:cloud .*names no GGUF model/);
    const { installed } = JSON.parse((await fitcheck(`ollama: ${GPU} --json`, { env })).out);
    expect(installed).toEqual([
      { model: "ollama:distant:cloud", error: { code: "BAD_FILE", message: "its manifest names no GGUF model" } },
      expect.objectContaining({ model: "ollama:tiny:1b", quant: "Q8_0", verdict: "full", contextLength: 1536 }),
    ]);
  });

  test("in LM Studio", async () => {
    const folder = temporaryFolder();
    put(join(folder, ".lmstudio/models/publisher/Tiny-GGUF/Tiny-Q8_0.gguf"), tinyModel());
    const { code, out } = await fitcheck(`lmstudio: ${GPU}`, { env: { HOME: folder } });
    expect(code).toBe(0);
    expect(out).toMatch(/lmstudio:publisher\/Tiny-GGUF +Q8_0/);
  });

  test("when nothing fits", async () => {
    expect((await fitcheck("ollama: --vram 1MiB --ram 1MiB", { env: ollama() })).code).toBe(1);
  });

  test("without a store", async () => {
    const { code, err } = await fitcheck(`ollama: ${GPU}`, { env: { OLLAMA_MODELS: temporaryFolder() } });
    expect(code).toBe(2);
    expect(err).toContain("no Ollama store was found");
  });
});

describe("a file", () => {
  test("that is an unfinished download is answered with a note", async () => {
    const path = put(join(temporaryFolder(), "tiny-Q8_0.gguf"), tinyModel({ withData: false }));
    const { code, out } = await fitcheck(`${path} ${GPU}`);
    expect(code).toBe(0);
    expect(out).toContain("an unfinished download");
  });

  test("of an unknown architecture is refused with its weights and what to do", async () => {
    const { tensors } = tinyLlama();
    const metadata = {
      "general.architecture": { type: "string", value: "qwen99moe" },
      "qwen99moe.block_count": uint32(2),
    } as const;
    const path = put(join(temporaryFolder(), "new.gguf"), tinyModel({ metadata, tensors }));
    const { code, err } = await fitcheck(`${path} ${GPU}`);
    expect(code).toBe(2);
    expect(err).toContain('the architecture "qwen99moe" is not known; its weights take 0.00 GiB (92672 bytes)');
    expect(err).toMatch(/llama-fit-params -m FILE.*Known relatives: qwen/);
  });

  test("cut within its header", async () => {
    const path = put(join(temporaryFolder(), "tiny.gguf"), tinyModel().subarray(0, 500));
    const { code, out } = await fitcheck(`${path} ${GPU} --json`);
    expect(code).toBe(2);
    expect(JSON.parse(out).error.code).toBe("BAD_FILE");
  });
});

test("a checkpoint shows its own row with exact bytes, and says who loads it", async () => {
  const folder = temporaryFolder();
  const form = FORMS.find(({ label }) => label === "AWQ-4BIT");
  for (const [name, bytes] of Object.entries(form === undefined ? {} : checkpointFilesOf(form))) {
    put(join(folder, name), bytes);
  }
  const { code, out } = await fitcheck(`${folder} ${GPU} -q awq-4bit,q4_k_m`);
  expect(code).toBe(0);
  expect(out).toMatch(/^AWQ-4BIT \(safetensors\) .* fits/m);
  expect(out).toMatch(/^Q4_K_M .* fits/m);
  expect(out).toContain("AWQ-4BIT (safetensors) is not for llama.cpp: vLLM, SGLang and Transformers load it.");
});
