import { probeNvidia } from "./nvidia.js";
import type { ProbeResult, System } from "./probe.js";

export async function probeWindows(system: System): Promise<ProbeResult> {
  return probeNvidia(system);
}
