// Written by scripts/calibrate-speed.mjs from 762 measured speeds (test/fixtures/speed/rows.csv, less the part held out); do not edit.
import type { SpeedConstants } from "./speed.js";

export const SPEED: SpeedConstants = {
  classes: {
    nvidia: { efficiency: 0.851, blockMicroseconds: 40.5 },
    "nvidia-hbm": { efficiency: 0.601, blockMicroseconds: 62.4 },
    "nvidia-pascal": { efficiency: 0.406, blockMicroseconds: 160 },
    "nvidia-unified": { efficiency: 0.773, blockMicroseconds: 36.7 },
    "apple-m1": { efficiency: 0.889, blockMicroseconds: 277 },
    "apple-m2": { efficiency: 0.962, blockMicroseconds: 136 },
    "apple-m4": { efficiency: 0.905, blockMicroseconds: 92 },
    amd: { efficiency: 0.846, blockMicroseconds: 62.8 },
    "amd-unified": { efficiency: 0.801, blockMicroseconds: 104 },
    intel: { efficiency: 0.315, blockMicroseconds: 86.3 },
  },
  cacheEfficiency: { nvidia: 0.847, apple: 0.522, amd: 0.744, intel: 0.721 },
  latentEfficiency: 0.497,
  expertBlock: 0.523,
  recurrentBlock: 0.28,
  hopMicroseconds: 165,
  cpu: {
    blockMicroseconds: 13.9,
    sharedEfficiency: 0.389,
    assumed: { low: 26_000_000_000, expected: 52_000_000_000, high: 104_000_000_000 },
  },
  spread: {
    nvidia: { low: 0.799, high: 1.15 },
    apple: { low: 0.6, high: 1.17 },
    amd: { low: 0.713, high: 1.13 },
    experts: { low: 0.428, high: 1.27 },
    intel: { low: 0.5, high: 2 },
    "nvidia-hbm": { low: 0.667, high: 1.5 },
    ram: { low: 0.493, high: 1.33 },
  },
};
