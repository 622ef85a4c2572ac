import type { Note } from "../core/note.js";
import { MiB } from "../core/units.js";
import { ASSUMED_MACOS, appleWorkingSetBytes } from "./apple-limit.js";
import type { CommandResult } from "./command.js";
import { type Finding, type ProbeResult, type System, toolTrouble } from "./probe.js";
import { type ProfiledGpu, parseDisplays, parseDisplaysText } from "./system-profiler.js";

/** What `sysctl` tells of a Mac. */
export interface MacFacts {
  readonly ramBytes?: number;
  /** `Apple M4 Pro`; `VirtualApple @ …` under Rosetta. */
  readonly chip?: string;
  /** `iogpu.wired_limit_mb` in bytes, when the user has raised it. */
  readonly wiredLimitBytes?: number;
  readonly macosMajor?: number;
}

export const SYSCTL_NAMES = [
  "hw.memsize",
  "machdep.cpu.brand_string",
  "kern.osproductversion",
  "iogpu.wired_limit_mb",
] as const;

/** Parses `sysctl a b c`; names that the system does not have are missing from the output. */
export function parseSysctl(text: string): MacFacts {
  const value = (name: string): string | undefined => {
    const line = text.split("\n").find((one) => one.startsWith(`${name}: `));
    return line?.slice(name.length + 2).trim();
  };
  const number = (name: string): number => Number(value(name) ?? Number.NaN);
  const ramBytes = number("hw.memsize");
  const wired = number("iogpu.wired_limit_mb");
  const macosMajor = Number.parseInt(value("kern.osproductversion") ?? "", 10);
  const chip = value("machdep.cpu.brand_string");
  return {
    ...(ramBytes > 0 ? { ramBytes } : {}),
    ...(chip ? { chip } : {}),
    // 0 means the default.
    ...(wired > 0 ? { wiredLimitBytes: wired * MiB } : {}),
    ...(macosMajor > 0 ? { macosMajor } : {}),
  };
}

/** What `vm_stat` says can be taken without swapping, in bytes: free, inactive, speculative and purgeable pages. */
export function parseVmStat(text: string): number | undefined {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1] ?? Number.NaN);
  const pages = ["free", "inactive", "speculative", "purgeable"].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, "m").exec(text)?.[1] ?? 0),
  );
  const available = pages.reduce((sum, count) => sum + count, 0) * pageBytes;
  return available > 0 ? available : undefined;
}

/** An Apple chip with the limit that Metal sets: never the whole RAM, however much of it is free. */
export function appleFinding(facts: MacFacts, name: string, ramBytes: number): { finding: Finding; notes: Note[] } {
  const macos = facts.macosMajor ?? ASSUMED_MACOS;
  const limitBytes = facts.wiredLimitBytes ?? appleWorkingSetBytes(ramBytes, macos);
  const args = { name, limitBytes: Math.min(limitBytes, ramBytes), ramBytes, macos };
  return {
    finding: {
      source: "sysctl",
      vendor: "apple",
      name,
      unified: true,
      totalBytes: ramBytes,
      limitBytes: Math.min(limitBytes, ramBytes),
    },
    notes: [{ code: facts.wiredLimitBytes === undefined ? "APPLE_LIMIT" : "APPLE_WIRED_LIMIT", args }],
  };
}

/** The cards of a Mac with an Intel processor; what has no memory of its own is left out. */
function intelMacFindings(gpus: readonly ProfiledGpu[]): Finding[] {
  return gpus.flatMap((gpu) =>
    gpu.vramBytes === undefined
      ? []
      : [
          {
            source: "system_profiler",
            vendor: gpu.vendor,
            name: gpu.name,
            totalBytes: gpu.vramBytes,
            backend: "metal" as const,
          },
        ],
  );
}

async function profile(system: System): Promise<{ gpus: ProfiledGpu[]; result: CommandResult }> {
  const result = await system.run("system_profiler", ["SPDisplaysDataType", "-json"]);
  const gpus = parseDisplays(result.stdout);
  return { gpus: gpus.length > 0 ? gpus : parseDisplaysText(result.stdout), result };
}

/** The GPUs of a Mac, and what of its RAM is available. */
export async function probeApple(system: System): Promise<ProbeResult & { availableBytes?: number }> {
  const [sysctl, vmStat] = await Promise.all([system.run("sysctl", SYSCTL_NAMES), system.run("vm_stat", [])]);
  const facts = parseSysctl(sysctl.stdout);
  const available = parseVmStat(vmStat.stdout);
  const rest = available === undefined ? {} : { availableBytes: available };
  const ramBytes = facts.ramBytes ?? system.host.totalBytes;
  if (facts.chip?.startsWith("Apple ")) {
    const { finding, notes } = appleFinding(facts, facts.chip, ramBytes);
    return { findings: [finding], notes, ...rest };
  }
  // Under Rosetta the chip hides its name, and Macs with Intel processors have cards of other makers.
  const { gpus, result } = await profile(system);
  const chip = gpus.find((gpu) => gpu.vendor === "apple");
  if (chip) {
    const { finding, notes } = appleFinding(facts, chip.name, ramBytes);
    return { findings: [{ ...finding, source: "system_profiler" }], notes, ...rest };
  }
  return {
    findings: intelMacFindings(gpus),
    notes: gpus.length > 0 ? [] : toolTrouble("system_profiler", result),
    ...rest,
  };
}
