import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { givenHardware } from "../../../src/hardware/given.js";
import { fit as judge } from "../../../src/index.js";
import { loadModel } from "../../../src/sources/load-model.js";
import { type FakeHub, startHub } from "../hugging-face/hub.js";
import { put, temporaryFolder } from "../stores/fake.js";
import { checkpointFilesOf, checkpointTensors, dataBytes, FORMS, TINY_CONFIG } from "./build.js";

let hub: FakeHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.server.stop());

function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) put(join(folder, name), content);
  return folder;
}

function fromHub(reference: string) {
  const home = temporaryFolder();
  return loadModel(reference, { environment: { HF_ENDPOINT: hub.server.origin, HOME: home, XDG_CACHE_HOME: home } });
}

const places = ["a folder", "a repository"] as const;
const cases = FORMS.flatMap((form) =>
  places.flatMap((place) => ([1, 2] as const).map((parts) => [form.label, place, parts, form] as const)),
);

test.each(cases)("%s in %s, %i file(s): exact bytes from the headers", async (label, place, parts, form) => {
  const files = checkpointFilesOf(form, parts);
  hub.publish("org/tiny", files);
  const model = await (place === "a folder" ? loadModel(folderOf(files)) : fromHub("hf:org/tiny"));
  const weights = Object.entries(files).filter(([name]) => name.endsWith(".safetensors"));
  expect(model.architecture.id).toBe("llama");
  expect(model.quants[0]).toEqual({
    quant: `${label} (safetensors)`,
    fileBytes: weights.reduce((sum, [, bytes]) => sum + bytes.length, 0),
    fileSource: place === "a folder" ? "file" : "published",
    loadedBytes: dataBytes(checkpointTensors(form)),
  });
  expect(model.quants.map((offer) => offer.quant)).toContain("Q4_K_M");
  expect(model.notes).toContainEqual({
    code: "SAFETENSORS_FORM",
    args: expect.objectContaining({ runtimes: label.startsWith("MLX") ? "MLX" : expect.stringContaining("vLLM") }),
  });
});

describe("in the report", () => {
  const form = FORMS[2] as (typeof FORMS)[number];
  const loaded = dataBytes(checkpointTensors(form));

  async function report(gpu: string, quants?: readonly string[]) {
    const model = await loadModel(folderOf(checkpointFilesOf(form)));
    const hardware = givenHardware({ gpu, ram: "64GiB" });
    return judge(model, hardware, { marginBytes: 0 }, quants === undefined ? {} : { quants });
  }

  test("all of it is on the GPU, and no command of llama.cpp is given for it", async () => {
    const { quants, commands } = await report("rtx 4090", ["fp8"]);
    expect(quants).toHaveLength(1);
    expect(quants[0]).toMatchObject({
      quant: "FP8 (safetensors)",
      format: "safetensors",
      verdict: "full",
      required: { devices: [{ weightsBytes: loaded }], host: { weightsBytes: 0 } },
    });
    expect(Object.keys(commands ?? {})).not.toContain("llama.cpp");
  });

  test("two GPUs share it without remainder", async () => {
    const { quants } = await report("2x rtx 4090", ["fp8"]);
    const devices = quants[0]?.required.devices ?? [];
    expect(devices.reduce((sum, device) => sum + device.weightsBytes, 0)).toBe(loaded);
    expect(Math.min(...devices.map((device) => device.weightsBytes))).toBeGreaterThan(0);
  });

  test("what is recommended is something llama.cpp loads", async () => {
    expect((await report("rtx 4090")).recommended?.quant).not.toContain("safetensors");
  });
});

describe("beside the usual", () => {
  const [bf16] = FORMS;
  const files = bf16 === undefined ? {} : checkpointFilesOf(bf16);

  test("a config.json alone is what can be made of it", async () => {
    const { "config.json": config = "" } = files;
    const model = await loadModel(folderOf({ "config.json": config }));
    expect(model.quants.every((offer) => offer.loadedBytes === undefined)).toBe(true);
    expect(model.notes?.map((note) => note.code)).toEqual(["GGUF_COMPUTED"]);
  });

  test("its files stand for the folder", async () => {
    const folder = folderOf(files);
    for (const name of ["config.json", "model.safetensors"]) {
      expect((await loadModel(join(folder, name))).quants[0]?.quant).toBe("BF16 (safetensors)");
    }
  });

  test("one quantization of it", async () => {
    hub.publish("org/tiny", files);
    expect((await fromHub("hf:org/tiny:Q4_K_M")).quants).toEqual([{ quant: "Q4_K_M" }]);
    await expect(fromHub("hf:org/tiny:UD-Q4_K_XL")).rejects.toMatchObject({ code: "BAD_VALUE" });
  });

  test("weights published twice count once, adapters not at all", async () => {
    const { "model.safetensors": weights = "" } = files;
    const more = { "consolidated.safetensors": weights, "adapter_model.safetensors": weights };
    const { fileBytes } = (await loadModel(folderOf({ ...files, ...more }))).quants[0] ?? {};
    expect(fileBytes).toBe(weights.length);
  });

  test("ModelOpt's own file says how it quantized", async () => {
    const nvfp4 = FORMS.find((form) => form.label === "NVFP4");
    const quantized = nvfp4 === undefined ? {} : checkpointFilesOf({ ...nvfp4, config: {} });
    const said = Buffer.from('{"quantization": {"quant_algo": "NVFP4"}}');
    hub.publish("org/tiny", { ...quantized, "hf_quant_config.json": said });
    expect((await fromHub("hf:org/tiny")).quants[0]?.quant).toBe("NVFP4 (safetensors)");
  });

  test("missing parts are named", async () => {
    const split = bf16 === undefined ? {} : checkpointFilesOf(bf16, 2);
    const { "model-00002-of-00002.safetensors": _, ...rest } = split;
    await expect(loadModel(folderOf(rest))).rejects.toMatchObject({
      code: "BAD_FILE",
      message: expect.stringContaining("model-00002-of-00002.safetensors is missing"),
    });
  });

  test("an unfinished download is answered whole, with a note", async () => {
    const { "model.safetensors": weights = new Uint8Array() } = files;
    const model = await loadModel(folderOf({ ...files, "model.safetensors": weights.subarray(0, -1000) }));
    expect(model.quants[0]?.fileBytes).toBe(weights.length);
    expect(model.notes).toContainEqual({
      code: "FILE_INCOMPLETE",
      args: { fileBytes: weights.length - 1000, expectedBytes: weights.length },
    });
  });

  test("an unknown model class is refused with the bytes of its weights", async () => {
    const config = JSON.stringify({ ...TINY_CONFIG, architectures: ["MysteryForCausalLM"] });
    const bytes = bf16 === undefined ? 0 : dataBytes(checkpointTensors(bf16));
    await expect(loadModel(folderOf({ ...files, "config.json": config }))).rejects.toMatchObject({
      code: "UNSUPPORTED_ARCHITECTURE",
      message: expect.stringMatching(new RegExp(`MysteryForCausalLM.*\\(${bytes} bytes\\)`)),
    });
  });
});
