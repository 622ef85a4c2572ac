import { MiB } from "../core/units.js";
import { APU_TARGETS } from "./amd-sysfs.js";
import { type Finding, normalBusId } from "./probe.js";

export const AMD_SMI_ARGS = ["static", "--asic", "--bus", "--vram"] as const;

/**
 * Parses the indented text of `amd-smi static`, one `GPU: n` section per card. Its `MB` are 2^20 bytes.
 * The market name of some chips is a codename (`Phoenix3`), which the catalog then does not know.
 */
export function parseAmdSmi(text: string): Finding[] {
  return text.split(/^(?=GPU: \d+)/m).flatMap((section) => {
    if (!section.startsWith("GPU: ")) return [];
    const field = (name: string): string | undefined => {
      const value = new RegExp(`^\\s+${name}: (.+)$`, "m").exec(section)?.[1]?.trim();
      return value === "N/A" ? undefined : value;
    };
    const name = field("MARKET_NAME")?.slice(0, 80);
    const pciBusId = normalBusId(field("BDF") ?? "");
    const target = /^gfx[0-9a-f]+$/.exec(field("TARGET_GRAPHICS_VERSION") ?? "")?.[0];
    const size = /^(\d+) MB$/.exec(field("SIZE") ?? "")?.[1];
    const apu = target !== undefined && APU_TARGETS.has(target);
    return [
      {
        source: "amd-smi",
        vendor: "amd" as const,
        ...(name === undefined ? {} : { name }),
        ...(pciBusId === undefined ? {} : { pciBusId }),
        ...(target === undefined ? {} : { computeCapability: target }),
        // What an APU calls its VRAM is only the part set aside for it.
        ...(apu ? { unified: true } : size === undefined ? {} : { totalBytes: Number(size) * MiB }),
      },
    ];
  });
}
