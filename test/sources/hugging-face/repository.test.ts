import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { weighQuants } from "../../../src/core/weigh.js";
import { loadModel } from "../../../src/sources/load-model.js";
import { headerPath } from "../../accuracy/load.js";
import { type Handler, ranged, rangeOf, status, TestServer } from "../gguf/server.js";
import { temporaryFolder, tinyModel } from "../stores/fake.js";

const GGUF = tinyModel();
let server: TestServer;
let handlers: Record<string, Handler>;

const json =
  (value: unknown): Handler =>
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

function repository(files: Readonly<Record<string, number>>, extra: object = {}): Handler {
  return json({ ...extra, siblings: Object.entries(files).map(([rfilename, size]) => ({ rfilename, size })) });
}

beforeEach(async () => {
  handlers = {};
  server = await TestServer.start(new Proxy({}, { get: (_, path) => handlers[String(path)] }));
});
afterEach(() => server.stop());

function load(reference: string, extra: Readonly<Record<string, string>> = {}) {
  const home = temporaryFolder();
  return loadModel(reference, {
    environment: { HF_ENDPOINT: server.origin, HOME: home, XDG_CACHE_HOME: home, ...extra },
  });
}

describe("a repository of GGUF files", () => {
  beforeEach(() => {
    handlers["/api/models/org/tiny-GGUF"] = repository({
      "README.md": 10,
      "tiny-Q8_0.gguf": GGUF.length,
      "tiny-Q4_K_M.gguf": 5000,
      "tiny-UD-Q4_K_XL.gguf": 6000,
      "BF16/tiny-BF16-00001-of-00002.gguf": 7000,
      "BF16/tiny-BF16-00002-of-00002.gguf": 8000,
      "mmproj-tiny-F16.gguf": 900,
    });
    for (const quant of ["Q8_0", "Q4_K_M", "UD-Q4_K_XL"]) {
      handlers[`/org/tiny-GGUF/resolve/main/tiny-${quant}.gguf`] = ranged(GGUF);
    }
  });

  test("reports every file with its published size, and reads one header", async () => {
    const model = await load("hf:org/tiny-GGUF");
    expect(model).toMatchObject({ id: "hf:org/tiny-GGUF", source: "hugging-face" });
    expect(model.quants.map(({ quant, fileBytes, fileSource }) => [quant, fileBytes, fileSource])).toEqual(
      [
        ["Q8_0", GGUF.length, "published"],
        ["BF16", 15000, "published"],
        ["UD-Q4_K_XL", 6000, "published"],
        ["Q4_K_M", 5000, "published"],
      ].sort((a, b) => Number(b[1]) - Number(a[1])),
    );
    const headers = server.requests.filter((request) => request.path.endsWith(".gguf"));
    expect(new Set(headers.map((request) => request.path)).size).toBe(1);
  });

  test("says what else there is", async () => {
    const codes = (await load("hf:org/tiny-GGUF")).notes?.map((note) => note.code);
    expect(codes).toEqual(["PROJECTOR_AVAILABLE", "QUANTS_NOT_READ"]);
  });

  test("reads the header of the quantization that is asked for", async () => {
    const model = await load("hf:org/tiny-GGUF:UD-Q4_K_XL");
    expect(model.quants).toHaveLength(1);
    expect(model.quants[0]).toMatchObject({ quant: "UD-Q4_K_XL", fileBytes: 6000 });
    expect(model.quants[0]?.tensors?.length).toBeGreaterThan(0);
  });

  test("refuses a quantization it does not have", async () => {
    await expect(load("hf:org/tiny-GGUF:Q2_K")).rejects.toMatchObject({ code: "BAD_VALUE" });
  });

  test("sees the user's token", async () => {
    await load("hf:org/tiny-GGUF", { HF_TOKEN: "hf_secret" });
    expect(server.requests.every((request) => request.authorization === "Bearer hf_secret")).toBe(true);
  });
});

describe("a real model's files", () => {
  const header = readFileSync(headerPath("Qwen__Qwen3-8B"));
  /** Sizes as bartowski and unsloth publish them; Q5_K_M is made larger than its recipe. */
  const SIZES = {
    "Qwen3-8B-Q4_K_M.gguf": 5_027_783_872,
    "Qwen3-8B-Q4_K_L.gguf": 5_489_660_928,
    "Qwen3-8B-UD-Q4_K_XL.gguf": 5_135_000_000,
    "Qwen3-8B-Q5_K_M.gguf": 6_200_000_000,
    "Qwen3-8B-Q8_0.gguf": 8_709_518_592,
    "other-1B-Q8_0.gguf": 1_000_000_000,
  };

  /** Serves the header as the beginning of a file of the full size. */
  const beginning =
    (size: number): Handler =>
    (request, response) => {
      const { start, end } = rangeOf(request, size);
      const piece = Buffer.alloc(end - start + 1);
      header.copy(piece, 0, start);
      response.writeHead(206, { "content-range": `bytes ${start}-${end}/${size}`, "content-length": piece.length });
      response.end(piece);
    };

  beforeEach(() => {
    handlers["/api/models/org/qwen"] = repository(SIZES);
    for (const [name, size] of Object.entries(SIZES)) handlers[`/org/qwen/resolve/main/${name}`] = beginning(size);
  });

  test("take what they are published with: by the recipe where it is one, by their size where not", async () => {
    const model = await load("hf:org/qwen");
    const weighed = new Map(weighQuants(model).map((quant) => [quant.quant, quant]));
    expect([...weighed.keys()]).toEqual(["Q8_0", "Q5_K_M", "Q4_K_L", "UD-Q4_K_XL", "Q4_K_M"]);
    for (const [quant, { tensorBytes, fileBytes }] of weighed) {
      expect(Math.abs(tensorBytes - fileBytes) / fileBytes, quant).toBeLessThan(0.01);
    }
    expect(weighed.get("Q8_0")?.recipe).toBe("Q8_0");
    expect(weighed.get("Q5_K_M")?.recipe).toBeUndefined();
    expect(model.notes).toContainEqual({
      code: "QUANTS_BY_SIZE",
      args: { quants: "Q5_K_M, UD-Q4_K_XL", example: "hf:org/qwen:Q5_K_M" },
    });
    expect(model.notes).toContainEqual({ code: "OTHER_MODELS", args: { count: 1, example: "other-1B-Q8_0.gguf" } });
  });

  test("cost the listing and at most three requests for one header", async () => {
    await load("hf:org/qwen");
    expect(server.requests.filter(({ path }) => path.startsWith("/api/"))).toHaveLength(1);
    expect(server.requests.filter(({ path }) => !path.startsWith("/api/")).length).toBeLessThanOrEqual(3);
    expect(server.sentBytes).toBeLessThan(header.length * 20);
  });
});

describe("a server that", () => {
  test.each([
    ["denies", 401],
    ["forbids", 403],
    ["has nothing", 404],
    ["breaks", 500],
  ])("%s (%i)", async (_, code) => {
    handlers["/api/models/org/tiny"] = status(code);
    await expect(load("hf:org/tiny")).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  });

  test.each([
    ["no JSON", "<html>"],
    ["null", "null"],
    ["no files", "{}"],
    ["files that are none", '{"siblings": {"a": 1}}'],
    ["nothing", ""],
    ["an empty repository", '{"siblings": []}'],
    ["malformed files", '{"siblings": [null, 1, {"rfilename": 3}, {"rfilename": "../../x.gguf", "size": 1}]}'],
  ])("answers with %s", async (_, body) => {
    handlers["/api/models/org/tiny"] = (_request, response) => response.writeHead(200).end(body);
    await expect(load("hf:org/tiny")).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  });

  test("never stops talking", async () => {
    handlers["/api/models/org/tiny"] = (_, response) => {
      response.writeHead(200);
      const chunk = "x".repeat(1 << 20);
      for (let i = 0; i < 40; i++) response.write(chunk);
      response.end();
    };
    await expect(load("hf:org/tiny")).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  });

  test("does not answer with the token in its error", async () => {
    handlers["/api/models/org/tiny"] = status(401);
    const error: Error = await load("hf:org/tiny", { HF_TOKEN: "hf_secret" }).then(
      () => new Error("loaded"),
      (thrown: Error) => thrown,
    );
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain("hf_secret");
  });
});
