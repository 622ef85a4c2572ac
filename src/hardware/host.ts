import { freemem, totalmem } from "node:os";
import type { Host } from "../core/hardware.js";
import { KiB } from "../core/units.js";
import { type SystemFiles, systemFiles } from "./files.js";
import type { Platform } from "./process.js";

/** Figures of `/proc/meminfo` in bytes. */
export function parseMeminfo(text: string): { totalBytes?: number; availableBytes?: number } {
  const field = (name: string): number | undefined => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text);
    return match ? Number(match[1]) * KiB : undefined;
  };
  const totalBytes = field("MemTotal");
  const availableBytes = field("MemAvailable");
  return {
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...(availableBytes === undefined ? {} : { availableBytes }),
  };
}

/** What a container may use, in bytes: the smallest limit on the way up its control groups. */
interface MemoryLimit {
  readonly limitBytes: number;
  readonly usedBytes: number | undefined;
}

/** `max` and the page-rounded "no limit" of version 1 are not limits. */
function parseLimit(text: string | undefined): number | undefined {
  const value = text === undefined ? Number.NaN : Number(text.trim());
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** `/a/b` gives `/a/b`, `/a` and the root: a limit anywhere above applies too. */
function upwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return parts.map((_, i) => `/${parts.slice(0, parts.length - i).join("/")}`).concat("");
}

/** The memory limit of this process's control group (version 2, else version 1), where there is one. */
export function cgroupLimit(files: SystemFiles): MemoryLimit | undefined {
  const groups = files.read("/proc/self/cgroup");
  if (groups === undefined) return undefined;
  const version2 = /^0::(.*)$/m.exec(groups)?.[1];
  const version1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const places = [
    ...(version2 === undefined ? [] : upwards(version2)).map((group) => ({
      limit: `/sys/fs/cgroup${group}/memory.max`,
      used: `/sys/fs/cgroup${group}/memory.current`,
    })),
    ...(version1 === undefined ? [] : upwards(version1)).map((group) => ({
      limit: `/sys/fs/cgroup/memory${group}/memory.limit_in_bytes`,
      used: `/sys/fs/cgroup/memory${group}/memory.usage_in_bytes`,
    })),
  ];
  let smallest: MemoryLimit | undefined;
  for (const place of places) {
    const limitBytes = parseLimit(files.read(place.limit));
    if (limitBytes === undefined || (smallest && smallest.limitBytes <= limitBytes)) continue;
    smallest = { limitBytes, usedBytes: parseLimit(files.read(place.used)) };
  }
  return smallest;
}

/** The RAM of this machine: `/proc/meminfo` within the control group's limit, elsewhere what Node says. */
export function detectHost(files: SystemFiles = systemFiles, platform: Platform = process.platform): Host {
  const meminfo = platform === "linux" ? parseMeminfo(files.read("/proc/meminfo") ?? "") : {};
  const totalBytes = meminfo.totalBytes ?? totalmem();
  // macOS counts everything it could give back at once as used, so its "free" says little.
  const availableBytes = meminfo.availableBytes ?? (platform === "darwin" ? undefined : freemem());
  const limit = platform === "linux" ? cgroupLimit(files) : undefined;
  if (limit === undefined || limit.limitBytes >= totalBytes) {
    return availableBytes === undefined ? { totalBytes } : { totalBytes, availableBytes };
  }
  const left = Math.max(0, limit.limitBytes - (limit.usedBytes ?? 0));
  return { totalBytes: limit.limitBytes, availableBytes: Math.min(availableBytes ?? left, left) };
}
