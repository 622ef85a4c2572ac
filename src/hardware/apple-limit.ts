import { GiB } from "../core/units.js";

/**
 * The macOS version that a Mac is taken to run when none is known: the first with Metal 4, which every
 * Apple Silicon Mac can run and whose limit is the higher one.
 */
export const ASSUMED_MACOS = 26;

/** Shares of the RAM as the driver of macOS 26 grants them, by RAM. Above 128 GiB none has been measured. */
const METAL4_SHARES = [
  { upTo: 24 * GiB, share: 0.74 },
  { upTo: 48 * GiB, share: 0.78 },
  { upTo: 96 * GiB, share: 0.81 },
  { upTo: Number.POSITIVE_INFINITY, share: 0.84 },
] as const;

/**
 * Metal's `recommendedMaxWorkingSetSize` in bytes: what llama.cpp may allocate on the GPU of an Apple
 * Silicon Mac (`ggml_metal_device_init`); one byte beyond it fails, nothing spills.
 * From logs of llama.cpp: macOS 15 and before gives two thirds of less than 36 GiB and three quarters
 * from there (11453.25 MB of 16 GiB, 28991.03 of 36, 51539.61 of 64); macOS 26 gives 12713.12 of 16,
 * 19069.67 of 24, 26800.60 of 32, 40200.90 of 48, 55662.79 of 64, 115448.73 of 128.
 */
export function appleWorkingSetBytes(ramBytes: number, macosMajor: number): number {
  if (macosMajor >= 26) {
    const step = METAL4_SHARES.find((one) => ramBytes <= one.upTo);
    return Math.floor(ramBytes * (step?.share ?? 0.84));
  }
  return Math.floor(ramBytes < 36 * GiB ? (ramBytes * 2) / 3 : (ramBytes * 3) / 4);
}
