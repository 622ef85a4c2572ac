import { describe, expect, test } from "vitest";
import { Hyperparameters, type MetadataValue } from "../../src/core/hyperparameters.js";
import type { TypedTensor } from "../../src/core/model.js";
import { projectorExtra } from "../../src/core/projector.js";
import { DEFAULT_SETTINGS } from "../../src/core/settings.js";
import { MiB } from "../../src/core/units.js";
import { givenHardware } from "../../src/hardware/given.js";

const GPU = givenHardware({ gpu: "rtx 4090", ram: "64GiB" });
const SETTINGS = { ...DEFAULT_SETTINGS, contextLength: 8192 };

const QWEN3VL = {
  "vision.projector_type": "qwen3vl_merger",
  "vision.image_size": 768,
  "vision.patch_size": 16,
  "vision.spatial_merge_size": 2,
  "vision.embedding_length": 1152,
  "vision.feed_forward_length": 4304,
  "vision.attention.head_count": 16,
} satisfies Record<string, MetadataValue>;

const QWEN25VL = {
  "vision.projector_type": "qwen2.5vl_merger",
  "vision.image_size": 560,
  "vision.patch_size": 14,
  "vision.n_wa_pattern": 8,
  "vision.embedding_length": 1280,
  "vision.feed_forward_length": 3420,
  "vision.attention.head_count": 16,
} satisfies Record<string, MetadataValue>;

const GEMMA3 = {
  "vision.projector_type": "gemma3",
  "vision.image_size": 896,
  "vision.patch_size": 14,
  "vision.embedding_length": 1152,
  "vision.feed_forward_length": 4304,
  "vision.attention.head_count": 16,
} satisfies Record<string, MetadataValue>;

const gate: TypedTensor = { name: "v.blk.0.ffn_gate.weight", shape: [1280, 3420], type: "f16" };

function memoryOf(
  values: Record<string, MetadataValue>,
  tensors: readonly TypedTensor[] = [],
  flash: "on" | "off" = "on",
) {
  const extra = projectorExtra({
    name: "mmproj.gguf",
    fileBytes: 1,
    tensors,
    metadata: new Hyperparameters("clip", values),
  });
  return extra.memory(GPU, { ...SETTINGS, flashAttention: flash });
}

describe("the compute buffer, against what llama.cpp's logs say (alloc_compute_meta)", () => {
  test.each([
    ["Qwen3.6 27B on CUDA", QWEN3VL, [], "on", 248.1, 24.93],
    ["Qwen2.5-VL 7B on ROCm, with windows", QWEN25VL, [gate], "on", 704.79, 292.41],
    ["Gemma 3 on CUDA without flash attention", GEMMA3, [], "off", 1132, 9.19],
  ] as const)("%s", (_, values, tensors, flash, gpuMiB, cpuMiB) => {
    const { devices, host } = memoryOf(values, tensors, flash);
    expect((devices[0]?.computeBytes ?? 0) / MiB / gpuMiB).toBeGreaterThan(0.93);
    expect((devices[0]?.computeBytes ?? 0) / MiB / gpuMiB).toBeLessThan(1.08);
    expect(host.computeBytes / MiB / cpuMiB).toBeCloseTo(1, 1);
  });

  test("outputs kept on the way come on top", () => {
    const layers = Array.from({ length: 27 }, (_, layer) => [8, 16, 24].includes(layer));
    const deepstack = { ...QWEN3VL, "vision.projection_dim": 4096, "vision.is_deepstack_layers": layers };
    const [plain] = memoryOf(QWEN3VL).devices;
    const [kept] = memoryOf(deepstack).devices;
    // Qwen3-VL 8B: 1502 MiB in all, 1105 of them weights, 25 for the image.
    expect((kept?.computeBytes ?? 0) / MiB).toBeCloseTo(1502 - 1105 - 25, -2);
    expect(kept?.computeBytes).toBeGreaterThan(plain?.computeBytes ?? 0);
  });
});

test("its weights lie on the first GPU, whole", () => {
  const two = givenHardware({ gpu: "2x rtx 4090", ram: "64GiB" });
  const extra = projectorExtra({
    name: "p",
    fileBytes: 1,
    tensors: [gate],
    metadata: new Hyperparameters("clip", QWEN3VL),
  });
  const { devices } = extra.memory(two, SETTINGS);
  expect(devices.map((device) => device.weightsBytes)).toEqual([1280 * 3420 * 2, 0]);
  expect(devices[1]?.totalBytes).toBe(0);
});

test("without a GPU it is in RAM", () => {
  const extra = projectorExtra({
    name: "p",
    fileBytes: 1,
    tensors: [gate],
    metadata: new Hyperparameters("clip", QWEN3VL),
  });
  const memory = extra.memory(givenHardware({ gpu: "none", ram: "64GiB" }), SETTINGS);
  expect(memory.devices).toEqual([]);
  expect(memory.host.weightsBytes).toBe(1280 * 3420 * 2);
});
