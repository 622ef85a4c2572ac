import type { Backend } from "./hardware.js";
import type { AccountedMemory } from "./memory.js";
import { overheadBytes } from "./overhead.js";
import type { MemoryEstimate } from "./report.js";

/** A device as the estimate names it. */
export interface EstimateDevice {
  readonly id: string;
  readonly backend: Backend;
}

/** llama.cpp's accounting plus what lies outside it, per device and on the host. */
export function withOverhead(accounted: AccountedMemory, devices: readonly EstimateDevice[]): MemoryEstimate {
  const { host } = accounted;
  return {
    devices: accounted.devices.map((memory, i) => {
      const { id, backend } = devices[i] as EstimateDevice;
      const overhead = overheadBytes(backend);
      const { weightsBytes, cacheBytes, computeBytes } = memory;
      return {
        id,
        weightsBytes,
        cacheBytes,
        computeBytes,
        overheadBytes: overhead,
        totalBytes: weightsBytes + cacheBytes + computeBytes + overhead,
      };
    }),
    host: { ...host, totalBytes: host.weightsBytes + host.cacheBytes + host.computeBytes },
  };
}
