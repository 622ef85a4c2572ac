import type { Backend, DeviceVendor } from "../core/hardware.js";
import { MiB } from "../core/units.js";
import type { Finding } from "./probe.js";

const BACKENDS: Readonly<Record<string, Backend>> = {
  CUDA: "cuda",
  ROCm: "rocm",
  HIP: "rocm",
  Vulkan: "vulkan",
  MTL: "metal",
  Metal: "metal",
  SYCL: "sycl",
};

function vendorOf(name: string, backend: Backend): DeviceVendor {
  if (backend === "cuda" || /nvidia|geforce|tesla|quadro/i.test(name)) return "nvidia";
  if (backend === "rocm" || /amd|radeon/i.test(name)) return "amd";
  if (/apple/i.test(name)) return "apple";
  return /intel/i.test(name) ? "intel" : "unknown";
}

/** Chips on the host's RAM, by the names that drivers give them. */
const SHARED =
  /^Intel\(R\) (?:U?HD |Iris|Graphics|Arc\(TM\) Graphics)|Radeon(?:\(TM\))? (?:Graphics|\d{3}M\b|80[56]0S)|^Apple|GB10|\(nvgpu\)/i;

/**
 * Parses `llama-server --list-devices`: what llama.cpp itself will load on. Rows without memory are no
 * devices (BLAS), and a card that two backends offer is listed once, with the one of its maker.
 */
export function parseLlamaDevices(text: string): Finding[] {
  const rows = [...text.matchAll(/^\s*([A-Za-z]+)\d+: (.+) \((\d+) MiB, (\d+) MiB free\)\s*$/gm)];
  const findings = rows.flatMap((row): (Finding & { name: string })[] => {
    const backend = BACKENDS[row[1] ?? ""];
    const name = (row[2] ?? "").slice(0, 80);
    const totalBytes = Number(row[3]) * MiB;
    if (backend === undefined || totalBytes === 0) return [];
    return [
      {
        source: "llama-server --list-devices",
        vendor: vendorOf(name, backend),
        name,
        backend,
        totalBytes,
        freeBytes: Number(row[4]) * MiB,
        ...(SHARED.test(name) ? { unified: true } : {}),
      },
    ];
  });
  const own = new Set(findings.filter((one) => one.backend !== "vulkan").map((one) => one.name));
  return findings.filter((one) => one.backend !== "vulkan" || !own.has(one.name.replace(/ \(RADV.*$/, "")));
}
