import type { DeviceVendor } from "../core/hardware.js";
import { GiB, MiB } from "../core/units.js";

/** A GPU of `system_profiler SPDisplaysDataType -json`. */
export interface ProfiledGpu {
  readonly name: string;
  readonly vendor: DeviceVendor;
  /** Memory of its own, in bytes; absent for what shares the RAM. */
  readonly vramBytes?: number;
}

function vendorOf(name: string): DeviceVendor {
  if (/^apple\b/i.test(name)) return "apple";
  if (/radeon|amd|ati\b/i.test(name)) return "amd";
  if (/nvidia|geforce|quadro/i.test(name)) return "nvidia";
  if (/intel|iris/i.test(name)) return "intel";
  return "unknown";
}

/** `4 GB` or `1536 MB`; Apple means binary units. */
function vram(text: unknown): number | undefined {
  const match = typeof text === "string" ? /^(\d+) (GB|MB)$/.exec(text) : null;
  const bytes = match ? Number(match[1]) * (match[2] === "GB" ? GiB : MiB) : 0;
  return bytes > 0 ? bytes : undefined;
}

/** macOS 11 calls the chip `kHW_AppleM1ProItem` before its display strings are loaded. */
const chipName = (name: string): string => name.replace(/^kHW_Apple(M\d+)(Pro|Max|Ultra)?Item$/, "Apple $1 $2").trim();

/** Parses the JSON form; anything that is not it gives no GPUs. Entries without a maker are displays. */
export function parseDisplays(text: string): ProfiledGpu[] {
  const start = text.indexOf("{");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.slice(start));
  } catch {
    return [];
  }
  const entries = (parsed as { SPDisplaysDataType?: unknown }).SPDisplaysDataType;
  if (!Array.isArray(entries)) return [];
  const gpus: ProfiledGpu[] = [];
  for (const entry of entries as Record<string, unknown>[]) {
    const name = chipName(String(entry?.sppci_model ?? entry?._name ?? ""));
    const vendor = vendorOf(name);
    if (vendor === "unknown") continue;
    const vramBytes = vram(entry.spdisplays_vram);
    gpus.push({
      name,
      vendor,
      ...(vramBytes === undefined ? {} : { vramBytes }),
    });
  }
  return gpus;
}

/** The text form of older systems: `Chipset Model: …` and `VRAM (Total): 16 GB`. */
export function parseDisplaysText(text: string): ProfiledGpu[] {
  return text.split(/(?=Chipset Model: )/).flatMap((part) => {
    const name = /^Chipset Model: (.+)$/m.exec(part)?.[1]?.trim();
    if (name === undefined) return [];
    const vramBytes = vram(/^\s*VRAM \(Total\): (.+)$/m.exec(part)?.[1]?.trim());
    return [{ name, vendor: vendorOf(name), ...(vramBytes === undefined ? {} : { vramBytes }) }];
  });
}
