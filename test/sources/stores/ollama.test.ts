import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadModel } from "../../../src/sources/load-model.js";
import { listOllama } from "../../../src/sources/stores/ollama.js";
import { put, temporaryFolder, tinyModel } from "./fake.js";

const DIGEST = "a".repeat(64);
const PARAMS = "b".repeat(64);
const VISION = "c".repeat(64);

function layer(kind: string, hash: string): unknown {
  return { mediaType: `application/vnd.ollama.image.${kind}`, digest: `sha256:${hash}`, size: 1 };
}

/** A store with one model and whatever else a test puts there. */
function store(manifest: unknown = { layers: [layer("model", DIGEST)] }, name = "registry.ollama.ai/library/tiny/1b") {
  const folder = temporaryFolder();
  put(join(folder, "manifests", name), typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  put(join(folder, "blobs", `sha256-${DIGEST}`), tinyModel());
  return { folder, environment: { OLLAMA_MODELS: folder, HOME: folder } };
}

describe("an installed model", () => {
  test("is read from its blob", async () => {
    const { environment } = store();
    const model = await loadModel("ollama:tiny:1b", { environment });
    expect(model).toMatchObject({ id: "ollama:tiny:1b", name: "tiny:1b", source: "ollama" });
    expect(model.quants[0]?.fileSource).toBe("file");
  });

  test("without a tag is the latest", async () => {
    const { environment } = store(undefined, "registry.ollama.ai/library/tiny/latest");
    expect((await loadModel("ollama:tiny", { environment })).source).toBe("ollama");
  });

  test("of a user or of Hugging Face is found by its full name", async () => {
    const user = store(undefined, "registry.ollama.ai/me/tiny/1b");
    expect((await loadModel("ollama:me/tiny:1b", { environment: user.environment })).source).toBe("ollama");
    const hub = store(undefined, "hf.co/org/tiny-GGUF/Q4_K_M");
    expect((await loadModel("ollama:hf.co/org/tiny-GGUF:Q4_K_M", { environment: hub.environment })).source).toBe(
      "ollama",
    );
  });

  test("brings the context its modelfile asks for, and mentions its projector", async () => {
    const { folder, environment } = store({
      layers: [layer("model", DIGEST), layer("params", PARAMS), layer("projector", VISION)],
    });
    put(join(folder, "blobs", `sha256-${PARAMS}`), '{"num_ctx": 16384, "stop": ["x"]}');
    put(join(folder, "blobs", `sha256-${VISION}`), "0123456789");
    const model = await loadModel("ollama:tiny:1b", { environment });
    expect(model.preferredContext).toBe(16384);
    expect(model.notes).toContainEqual(
      expect.objectContaining({ code: "PROJECTOR_AVAILABLE", args: expect.objectContaining({ bytes: 10 }) }),
    );
  });

  test("all of them are listed as ollama names them", () => {
    const { folder, environment } = store();
    put(join(folder, "manifests/registry.ollama.ai/me/other/latest"), "{}");
    put(join(folder, "manifests/hf.co/org/tiny-GGUF/Q4_K_M"), "{}");
    expect(listOllama(environment)).toEqual(["hf.co/org/tiny-GGUF:Q4_K_M", "tiny:1b", "me/other:latest"]);
  });
});

describe("what goes wrong", () => {
  test("an unknown model names what is installed", async () => {
    const { environment } = store();
    await expect(loadModel("ollama:tini:1b", { environment })).rejects.toMatchObject({
      code: "UNKNOWN_MODEL",
      suggestions: ["ollama:tiny:1b"],
    });
  });

  test("no store", async () => {
    const environment = { OLLAMA_MODELS: join(temporaryFolder(), "nowhere") };
    await expect(loadModel("ollama:tiny", { environment })).rejects.toMatchObject({ code: "SOURCE_FAILED" });
    expect(() => listOllama(environment)).toThrow(expect.objectContaining({ code: "SOURCE_FAILED" }));
  });

  test.each(["../../../etc/passwd", "a/../b", "..", "a/b/c/d/e", "", ":", "a:../b", "a:b:c"])(
    "the name %j leads nowhere",
    async (name) => {
      const { environment } = store();
      await expect(loadModel(`ollama:${name}`, { environment })).rejects.toMatchObject({ code: "UNKNOWN_MODEL" });
    },
  );

  test.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["no layers", "{}"],
    ["layers that are none", '{"layers": 3}'],
    ["empty layers", '{"layers": [null, 1, {}]}'],
    [
      "a digest that leads out",
      { layers: [{ ...(layer("model", "") as object), digest: "sha256:../../../etc/passwd" }] },
    ],
    ["a digest of another kind", { layers: [{ ...(layer("model", "") as object), digest: { a: 1 } }] }],
  ])("a manifest with %s", async (_, manifest) => {
    const { environment } = store(manifest);
    await expect(loadModel("ollama:tiny:1b", { environment })).rejects.toMatchObject({ code: "BAD_FILE" });
  });

  test("a blob that is not there", async () => {
    const { environment } = store({ layers: [layer("model", VISION)] });
    await expect(loadModel("ollama:tiny:1b", { environment })).rejects.toMatchObject({ code: "BAD_FILE" });
  });

  test.each(["{", "[]", '{"num_ctx": "x"}', '{"num_ctx": -1}', '{"num_ctx": 1e99}'])(
    "parameters %s ask for no context",
    async (params) => {
      const { folder, environment } = store({ layers: [layer("model", DIGEST), layer("params", PARAMS)] });
      put(join(folder, "blobs", `sha256-${PARAMS}`), params);
      expect((await loadModel("ollama:tiny:1b", { environment })).preferredContext).toBeUndefined();
    },
  );
});
