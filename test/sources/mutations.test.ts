import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { estimateMemory } from "../../src/core/estimate-memory.js";
import type { Model } from "../../src/core/model.js";
import { modelOfCheckpoint, parseConfig } from "../../src/sources/checkpoint.js";
import type { ByteSource } from "../../src/sources/gguf/byte-source.js";
import { loadModel } from "../../src/sources/load-model.js";
import { checkpointFiles } from "../../src/sources/safetensors/files.js";
import { readSafetensorsHeader } from "../../src/sources/safetensors/header.js";
import { type FakeHub, startHub } from "./hugging-face/hub.js";
import { mutatedBytes, mutatedJson, randomFrom, Tally } from "./mutate.js";
import { buildSafetensors, checkpointFilesOf, checkpointTensors, FORMS, rawSafetensors } from "./safetensors/build.js";
import { put, temporaryFolder, tinyModel } from "./stores/fake.js";

const SEED = 20_260_928;
const ID = "hostile";
/** One clear line, with nothing in it that a terminal would obey. */
const CLEAR = /^[\x20-\x7e]{1,400}$/;

async function outcome(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return "answered";
  } catch (error) {
    if (!(error instanceof FitcheckError)) throw error;
    expect(error.message).toMatch(CLEAR);
    return error.code;
  }
}

/** The whole way from a model to bytes. */
function estimate(model: Model): void {
  const quant = model.quants.find((offer) => offer.quant === "Q4_K_M" || offer.quant === "MXFP4")?.quant;
  if (quant === undefined) return;
  const contextLength = Math.min(2048, model.contextLength);
  const { devices } = estimateMemory(model, { quant, contextLength });
  expect(devices.every((device) => Number.isSafeInteger(device.totalBytes) && device.totalBytes >= 0)).toBe(true);
}

function checkLimits(tally: Tally): void {
  expect(tally.slowestMs).toBeLessThan(1000);
  expect(tally.grownBytes).toBeLessThan(300e6);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
}

test("6,000 mutated config.json", { timeout: 60_000 }, async () => {
  const folder = new URL("../fixtures/configs/", import.meta.url);
  const configs = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const random = randomFrom(SEED);
  const tally = new Tally();
  for (let i = 0; i < 6000; i++) {
    const text = mutatedJson(configs[i % configs.length] as string, random);
    const run = async () => {
      estimate(modelOfCheckpoint({ id: ID, name: ID, source: "folder", config: parseConfig(text, ID) }));
    };
    await tally.count(() => outcome(run).catch((error) => Promise.reject(new Error(text, { cause: error }))));
  }
  expect(Object.keys(tally.outcomes).sort()).toEqual(["BAD_FILE", "UNSUPPORTED_ARCHITECTURE", "answered"]);
  checkLimits(tally);
});

function inMemory(bytes: Uint8Array): ByteSource {
  return {
    name: ID,
    size: bytes.length,
    async read(offset, target) {
      const piece = bytes.subarray(offset, offset + target.length);
      target.set(piece);
      return piece.length;
    },
    async close() {},
  };
}

test("20,000 mutated safetensors headers", { timeout: 60_000 }, async () => {
  const originals = FORMS.map((form) => buildSafetensors(checkpointTensors(form)).slice(0, 6000));
  const headers = FORMS.map((form) => {
    const bytes = buildSafetensors(checkpointTensors(form));
    return new TextDecoder().decode(bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))));
  });
  const random = randomFrom(SEED);
  const tally = new Tally();
  for (let i = 0; i < 20_000; i++) {
    const form = i % FORMS.length;
    const bytes =
      random() < 0.5
        ? mutatedBytes(originals[form] as Uint8Array, random)
        : rawSafetensors(mutatedJson(headers[form] as string, random), 8);
    await tally.count(() =>
      outcome(async () => {
        const { dataBytes, fileBytes } = await readSafetensorsHeader(inMemory(bytes));
        expect(Number.isSafeInteger(dataBytes) && Number.isSafeInteger(fileBytes)).toBe(true);
      }),
    );
  }
  expect(Object.keys(tally.outcomes).sort()).toEqual(["BAD_FILE", "answered"]);
  checkLimits(tally);
});

test("the largest header that is read at all", async () => {
  const entries = Array.from({ length: 300_000 }, (_, i) => `"${i.toString(36)}":{}`);
  for (const header of [
    `{${entries.join()}}`.slice(0, 2_499_990).replace(/,[^,]*$/, "}"),
    "[".repeat(2_499_990),
    `{"w":${'{"a":'.repeat(450_000)}`,
    `{"w":{"dtype":"BF16","shape":[${"1,".repeat(1_200_000)}1],"data_offsets":[0,8]}}`,
  ]) {
    const tally = new Tally();
    await tally.count(() => outcome(() => readSafetensorsHeader(inMemory(rawSafetensors(header, 8)))));
    checkLimits(tally);
  }
});

test("5,000 mutated indexes", () => {
  const { "model.safetensors.index.json": index = new Uint8Array() } = checkpointFilesOf(FORMS[0] ?? FAIL, 2);
  const original = new TextDecoder().decode(index);
  const files = [1, 2].map((part) => ({ path: `model-0000${part}-of-00002.safetensors`, bytes: 1 }));
  const random = randomFrom(SEED);
  for (let i = 0; i < 5000; i++) {
    try {
      expect(checkpointFiles(files, mutatedJson(original, random), ID).length).toBeLessThanOrEqual(2);
    } catch (error) {
      if (!(error instanceof FitcheckError)) throw error;
      expect(error.message).toMatch(CLEAR);
    }
  }
});

const FAIL = { label: "", config: {}, pack: () => ({}) };

test("3,000 mutated manifests and parameters of Ollama", { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const [model, params] = ["a".repeat(64), "b".repeat(64)];
  const layer = (kind: string, hash: string) => ({
    mediaType: `application/vnd.ollama.image.${kind}`,
    digest: `sha256:${hash}`,
    size: 100,
  });
  const manifest = JSON.stringify({ schemaVersion: 2, layers: [layer("model", model), layer("params", params)] });
  put(join(folder, "blobs", `sha256-${model}`), tinyModel());
  const random = randomFrom(SEED);
  const tally = new Tally();
  for (let i = 0; i < 3000; i++) {
    const both = random() < 0.3;
    put(join(folder, "manifests/registry.ollama.ai/library/tiny/1b"), both ? manifest : mutatedJson(manifest, random));
    put(join(folder, "blobs", `sha256-${params}`), mutatedJson('{"num_ctx": 4096, "stop": ["a"]}', random));
    await tally.count(() =>
      outcome(async () => {
        const { preferredContext } = await loadModel("ollama:tiny:1b", { environment: { OLLAMA_MODELS: folder } });
        if (preferredContext !== undefined) expect(preferredContext).toBeGreaterThan(0);
      }),
    );
  }
  expect(Object.keys(tally.outcomes).sort()).toEqual(["BAD_FILE", "answered"]);
  checkLimits(tally);
});

let hub: FakeHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.server.stop());

test("400 mutated answers of a server", { timeout: 60_000 }, async () => {
  const home = temporaryFolder();
  const environment = { HF_ENDPOINT: hub.server.origin, HOME: home, XDG_CACHE_HOME: home };
  const checkpoint = checkpointFilesOf(FORMS[2] ?? FAIL, 2);
  const gguf = { "tiny-Q8_0.gguf": tinyModel(), "tiny-Q4_K_M.gguf": tinyModel(), "mmproj-F16.gguf": tinyModel() };
  const random = randomFrom(SEED);
  const tally = new Tally();
  for (let i = 0; i < 400; i++) {
    const files = i % 2 === 0 ? { ...checkpoint } : { ...gguf };
    hub.publish("org/tiny", files);
    const target = random();
    if (target < 0.5) {
      const siblings = Object.entries(files).map(([rfilename, bytes]) => ({ rfilename, size: bytes.length }));
      const body = mutatedJson(JSON.stringify({ id: "org/tiny", siblings }), random);
      hub.handlers["/api/models/org/tiny"] = (_, response) => response.writeHead(200).end(body);
    } else {
      const names = Object.keys(files);
      const name = names[Math.floor(random() * names.length)] as keyof typeof files;
      hub.publish("org/tiny", { ...files, [name]: mutatedBytes(files[name] as Uint8Array, random) });
    }
    await tally.count(() => outcome(() => loadModel("hf:org/tiny", { environment })));
  }
  expect(Object.keys(tally.outcomes).sort()).toEqual(expect.arrayContaining(["BAD_FILE", "SOURCE_FAILED", "answered"]));
  expect(Object.keys(tally.outcomes)).not.toContain("UNKNOWN_MODEL");
  checkLimits(tally);
});
