import type { Finding, System } from "./probe.js";

/** A Jetson by its device tree, for those whose system has no nvidia-smi. Its memory is the RAM. */
export function jetsonFinding(system: System): Finding | undefined {
  const model = system.files.read("/proc/device-tree/model")?.replaceAll("\0", "").trim();
  if (!model?.includes("Jetson")) return undefined;
  const { totalBytes, availableBytes } = system.host;
  return {
    source: "/proc/device-tree/model",
    vendor: "nvidia",
    name: model.replace(/ (?:Developer Kit|Engineering Reference.*)$/, ""),
    unified: true,
    totalBytes,
    ...(availableBytes === undefined ? {} : { freeBytes: availableBytes }),
  };
}
