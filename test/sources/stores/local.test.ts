import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadModel } from "../../../src/sources/load-model.js";
import { llamaCppCacheFolder } from "../../../src/sources/stores/llama-cpp-cache.js";
import { listLmStudio } from "../../../src/sources/stores/lm-studio.js";
import { checkpointFilesOf, FORMS } from "../safetensors/build.js";
import { put, temporaryFolder, tinyModel } from "./fake.js";

describe("a path", () => {
  test("to a GGUF file", async () => {
    const path = put(join(temporaryFolder(), "tiny-Q8_0.gguf"), tinyModel());
    const model = await loadModel(path);
    expect(model).toMatchObject({ id: path, source: "gguf" });
    expect(model.quants.map((offer) => offer.quant)).toEqual(["Q8_0"]);
  });

  test("to a folder of GGUF files: every quantization, each with its own tensors", async () => {
    const folder = temporaryFolder();
    put(join(folder, "tiny-Q8_0.gguf"), tinyModel());
    put(join(folder, "sub", "tiny-Q4_0.gguf"), tinyModel());
    put(join(folder, "mmproj-tiny-f16.gguf"), "not a model");
    put(join(folder, "imatrix.gguf"), "not a model");
    const model = await loadModel(folder);
    expect(model.source).toBe("folder");
    expect(model.quants.map((offer) => offer.quant).sort()).toEqual(["Q4_0", "Q8_0"]);
    expect(model.quants.every((offer) => offer.tensors !== undefined)).toBe(true);
    expect((await loadModel(`${folder}:Q8_0`)).quants).toHaveLength(1);
    await expect(loadModel(`${folder}:Q2_K`)).rejects.toMatchObject({ code: "BAD_VALUE" });
  });

  test("with a home", async () => {
    const folder = temporaryFolder();
    put(join(folder, "tiny-Q8_0.gguf"), tinyModel());
    expect((await loadModel("~/tiny-Q8_0.gguf", { environment: { HOME: folder } })).source).toBe("gguf");
  });

  test.each([
    ["nothing", "/nowhere/at/all"],
    ["no file", "/nowhere/x.gguf"],
  ])("to %s", async (_, path) => {
    await expect(loadModel(path)).rejects.toMatchObject({ code: "BAD_FILE" });
  });

  test("to a folder without a model", async () => {
    await expect(loadModel(temporaryFolder())).rejects.toMatchObject({ code: "BAD_FILE" });
  });

  test("to a folder of several models names them", async () => {
    const folder = temporaryFolder();
    for (const name of ["one-Q8_0.gguf", "two-Q8_0.gguf"]) put(join(folder, name), tinyModel());
    await expect(loadModel(folder)).rejects.toMatchObject({
      code: "AMBIGUOUS_MODEL",
      suggestions: [join(folder, "one-Q8_0.gguf"), join(folder, "two-Q8_0.gguf")],
    });
  });
});

describe("LM Studio", () => {
  function home(): string {
    const folder = temporaryFolder();
    put(join(folder, ".lmstudio/models/publisher/Tiny-GGUF/Tiny-Q8_0.gguf"), tinyModel());
    put(join(folder, ".lmstudio/models/publisher/Tiny-GGUF/Tiny-Q4_0.gguf"), tinyModel());
    return folder;
  }

  test("lists and reads its models", async () => {
    const environment = { HOME: home() };
    expect(listLmStudio(environment)).toEqual(["publisher/Tiny-GGUF"]);
    const model = await loadModel("lmstudio:publisher/tiny-gguf", { environment });
    expect(model).toMatchObject({ source: "lmstudio", id: "lmstudio:publisher/tiny-gguf" });
    expect(model.quants).toHaveLength(2);
    expect((await loadModel("lmstudio:publisher/Tiny-GGUF:Q4_0", { environment })).quants).toHaveLength(1);
  });

  test("follows the pointer to another home", async () => {
    const folder = temporaryFolder();
    put(join(folder, ".lmstudio-home-pointer"), `${join(home(), ".lmstudio")}\n`);
    expect(listLmStudio({ HOME: folder })).toEqual(["publisher/Tiny-GGUF"]);
  });

  test("names what is installed when asked for something else", async () => {
    await expect(loadModel("lmstudio:publisher/../..", { environment: { HOME: home() } })).rejects.toMatchObject({
      code: "UNKNOWN_MODEL",
      suggestions: ["lmstudio:publisher/Tiny-GGUF"],
    });
  });
});

test("LM Studio's MLX models are read from their safetensors", async () => {
  const folder = temporaryFolder();
  const mlx = FORMS.find((form) => form.label === "MLX-4BIT");
  for (const [name, bytes] of Object.entries(mlx === undefined ? {} : checkpointFilesOf(mlx))) {
    put(join(folder, ".lmstudio/models/mlx-community/Tiny-4bit", name), bytes);
  }
  const environment = { HOME: folder };
  expect(listLmStudio(environment)).toEqual(["mlx-community/Tiny-4bit"]);
  const model = await loadModel("lmstudio:mlx-community/Tiny-4bit", { environment });
  expect(model).toMatchObject({ source: "lmstudio", id: "lmstudio:mlx-community/Tiny-4bit" });
  expect(model.quants[0]?.quant).toBe("MLX-4BIT (safetensors)");
});

describe("llama.cpp's cache", () => {
  test.each([
    ["linux", { HOME: "/h" }, "/h/.cache/llama.cpp"],
    ["linux", { HOME: "/h", XDG_CACHE_HOME: "/x" }, "/x/llama.cpp"],
    ["darwin", { HOME: "/h" }, "/h/Library/Caches/llama.cpp"],
    ["win32", { HOME: "/h", LOCALAPPDATA: "/local" }, "/local/llama.cpp"],
    ["win32", { HOME: "/h", LLAMA_CACHE: "/mine" }, "/mine"],
  ] as const)("on %s lies where llama.cpp puts it: %j", (platform, environment, folder) => {
    expect(llamaCppCacheFolder(environment, platform)).toBe(join(folder));
  });

  test("answers for a repository's quantization that was downloaded before", async () => {
    const folder = temporaryFolder();
    put(join(folder, "org_tiny-GGUF_tiny-Q8_0.gguf"), tinyModel());
    const environment = { LLAMA_CACHE: folder, HOME: folder };
    const model = await loadModel("hf:org/tiny-GGUF:Q8_0", { environment });
    expect(model.source).toBe("llama.cpp-cache");
  });

  test("so does the Hub's", async () => {
    const folder = temporaryFolder();
    put(join(folder, "models--org--tiny-GGUF/snapshots/0123/tiny-Q8_0.gguf"), tinyModel());
    const environment = { HF_HUB_CACHE: folder, HOME: folder };
    expect((await loadModel("hf:org/tiny-GGUF:Q8_0", { environment })).source).toBe("llama.cpp-cache");
  });
});
