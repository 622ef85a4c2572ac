import type { Extra } from "./extras.js";
import { accountMemory } from "./memory.js";
import type { Model } from "./model.js";
import type { MemoryEstimate } from "./report.js";
import type { WeighedQuant } from "./weigh.js";

/**
 * A draft model as llama-server runs it (`server_context::load_model`): every setting of the model itself but the
 * types of its cache (`-ctkd`, `-ctvd`), which are F16, and one logits row per sequence; all of it on the GPUs.
 */
export function draftExtra(model: Model, quant: WeighedQuant): Extra {
  return {
    kind: "draft",
    name: model.name,
    quant: quant.quant,
    fileBytes: quant.fileBytes,
    memory(hardware, settings): MemoryEstimate {
      const accounted = accountMemory(quant.model, {
        ...settings,
        cacheTypeK: "f16",
        cacheTypeV: "f16",
        allLogits: false,
        gpuLayers: "all",
        cpuMoeLayers: 0,
        overrideTensors: undefined,
        devices: hardware.devices.map((device) => ({ totalBytes: device.usableBytes })),
      });
      const total = (part: { weightsBytes: number; cacheBytes: number; computeBytes: number }): number =>
        part.weightsBytes + part.cacheBytes + part.computeBytes;
      return {
        devices: accounted.devices.map((device, i) => ({
          id: hardware.devices[i]?.id ?? "",
          ...device,
          overheadBytes: 0,
          totalBytes: total(device),
        })),
        host: { ...accounted.host, totalBytes: total(accounted.host) },
      };
    },
  };
}
