import type { SpeedConstants } from "./speed.js";

export const SPEED: SpeedConstants = {
  classes: {
    nvidia: { efficiency: 0.84, blockMicroseconds: 38 },
    "nvidia-hbm": { efficiency: 0.52, blockMicroseconds: 60 },
    "nvidia-pascal": { efficiency: 0.44, blockMicroseconds: 230 },
    "nvidia-unified": { efficiency: 0.76, blockMicroseconds: 31 },
    "apple-m1": { efficiency: 0.9, blockMicroseconds: 230 },
    "apple-m2": { efficiency: 0.9, blockMicroseconds: 125 },
    "apple-m4": { efficiency: 0.88, blockMicroseconds: 73 },
    amd: { efficiency: 0.88, blockMicroseconds: 72 },
    "amd-gcn": { efficiency: 0.5, blockMicroseconds: 150 },
    "amd-unified": { efficiency: 0.83, blockMicroseconds: 115 },
    intel: { efficiency: 0.4, blockMicroseconds: 100 },
    "intel-unified": { efficiency: 0.3, blockMicroseconds: 100 },
  },
  cacheEfficiency: { nvidia: 0.85, apple: 0.45, amd: 0.7, intel: 0.5 },
  latentEfficiency: 0.5,
  expertBlock: 0.6,
  recurrentBlock: 0.45,
  hopMicroseconds: 200,
  cpu: { blockMicroseconds: 20, sharedEfficiency: 0.4, assumed: { low: 2e10, expected: 4e10, high: 8e10 } },
  spread: {
    nvidia: { low: 0.85, high: 1.15 },
    apple: { low: 0.85, high: 1.15 },
    other: { low: 0.8, high: 1.2 },
    experts: { low: 0.7, high: 1.3 },
    few: { low: 0.5, high: 1.5 },
    ram: { low: 0.5, high: 1.5 },
  },
};
