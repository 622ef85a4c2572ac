// Written by scripts/calibrate-speed.mjs from 764 measured speeds (test/fixtures/speed/rows.csv, less the part held out); do not edit.
import type { SpeedConstants } from "./speed.js";

export const SPEED: SpeedConstants = {
  classes: {
    nvidia: { efficiency: 0.85, blockMicroseconds: 39.9 },
    "nvidia-hbm": { efficiency: 0.601, blockMicroseconds: 62 },
    "nvidia-pascal": { efficiency: 0.406, blockMicroseconds: 160 },
    "nvidia-unified": { efficiency: 0.773, blockMicroseconds: 36.5 },
    "apple-m1": { efficiency: 0.889, blockMicroseconds: 275 },
    "apple-m2": { efficiency: 0.962, blockMicroseconds: 136 },
    "apple-m4": { efficiency: 0.905, blockMicroseconds: 91.8 },
    amd: { efficiency: 0.845, blockMicroseconds: 62.7 },
    "amd-unified": { efficiency: 0.801, blockMicroseconds: 104 },
    intel: { efficiency: 0.315, blockMicroseconds: 86 },
  },
  cacheEfficiency: { nvidia: 0.843, apple: 0.523, amd: 0.745, intel: 0.721 },
  latentEfficiency: 0.497,
  expertBlock: 0.53,
  recurrentBlock: 0.288,
  hopMicroseconds: 166,
  cpu: {
    blockMicroseconds: 13.9,
    sharedEfficiency: 0.389,
    assumed: { low: 26_000_000_000, expected: 52_000_000_000, high: 104_000_000_000 },
  },
  spread: {
    nvidia: { low: 0.798, high: 1.14 },
    apple: { low: 0.599, high: 1.17 },
    amd: { low: 0.713, high: 1.13 },
    experts: { low: 0.428, high: 1.27 },
    intel: { low: 0.5, high: 2 },
    "nvidia-hbm": { low: 0.667, high: 1.5 },
    ram: { low: 0.492, high: 1.33 },
  },
};
