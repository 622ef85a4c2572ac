import type { Backend } from "./hardware.js";
import { MiB } from "./units.js";

/**
 * What driver and runtime take on a device outside llama.cpp's own accounting: context, kernels, cuBLAS
 * workspaces. A typical value from real runs; docs/estimating.md gives the spread per backend.
 */
const OVERHEAD_BYTES: Readonly<Record<Backend, number>> = {
  cuda: 330 * MiB,
  rocm: 330 * MiB,
  vulkan: 200 * MiB,
  sycl: 330 * MiB,
  // the working-set limit already leaves the system its share
  metal: 0,
  cpu: 0,
};

export function overheadBytes(backend: Backend): number {
  return OVERHEAD_BYTES[backend];
}
