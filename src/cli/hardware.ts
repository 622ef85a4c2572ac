import { FitcheckError } from "../core/errors.js";
import type { Hardware } from "../core/hardware.js";
import { detectHardware } from "../hardware/detect.js";
import { givenHardware, positiveBytes } from "../hardware/given.js";
import type { RawFlags } from "./options.js";

/**
 * The hardware to judge: what was typed, or what this machine has.
 * @throws FitcheckError UNKNOWN_GPU or BAD_VALUE
 */
export async function findHardware(flags: RawFlags): Promise<Hardware> {
  const { gpu, vram, ram } = flags;
  if (gpu?.trim() === "") {
    throw new FitcheckError("BAD_VALUE", "--gpu is empty", {
      hint: "fitcheck gpus lists what it knows; none is the CPU.",
    });
  }
  if (gpu !== undefined || vram !== undefined) {
    return givenHardware({
      ...(gpu === undefined ? {} : { gpu }),
      ...(vram === undefined ? {} : { vram: vram.split(",") }),
      ...(ram === undefined ? {} : { ram }),
    });
  }
  // Read before the search, so that a typing error needs no waiting.
  const ramBytes = ram === undefined ? undefined : positiveBytes(ram, "--ram");
  const detected = await detectHardware({ total: flags.total === true, cache: flags.cache !== false });
  return ramBytes === undefined ? detected : { ...detected, host: { totalBytes: ramBytes } };
}
