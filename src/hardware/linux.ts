import { amdFindings } from "./amd-sysfs.js";
import { intelFindings } from "./intel-sysfs.js";
import { probeNvidia } from "./nvidia.js";
import { scanPci } from "./pci.js";
import type { ProbeResult, System } from "./probe.js";

/** The GPUs of a Linux machine: nvidia-smi for NVIDIA's, the kernel's files for the others. */
export async function probeLinux(system: System): Promise<ProbeResult> {
  const { files, host } = system;
  const { gpus } = scanPci(files);
  const nvidia = await probeNvidia(system);
  const of = (vendor: string) => gpus.filter((gpu) => gpu.vendor === vendor);
  const findings = [
    ...nvidia.findings,
    ...amdFindings(files, of("amd"), host.availableBytes),
    ...intelFindings(files, of("intel")),
  ];
  return { findings, notes: nvidia.notes };
}
