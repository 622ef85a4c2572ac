import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import type { Note } from "../core/note.js";
import type { SystemFiles } from "./files.js";
import type { Merged } from "./merge.js";
import type { Platform, Variables } from "./process.js";

/** What is kept: the devices before anything is judged, so that one answer serves every option. */
export interface Found {
  readonly devices: readonly Merged[];
  readonly notes: readonly Note[];
}

interface Entry extends Found {
  readonly format: number;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

/** Changes with the shape of an entry. */
const FORMAT = 1;

/** Free memory changes with every program started; a few seconds cover a loop over several models. */
const FREE_MS = 5_000;

/** Totals change with the hardware and the driver, which are in the key; a day bounds what is not. */
const TOTAL_MS = 24 * 3600 * 1000;

/** The file, in the platform's folder for caches; `undefined` where there is no home. */
export function cacheFile(env: Variables, platform: Platform): string | undefined {
  const folder =
    platform === "win32"
      ? env.LOCALAPPDATA
      : env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, platform === "darwin" ? "Library/Caches" : ".cache"));
  return folder ? join(folder, "fitcheck", "hardware.json") : undefined;
}

/**
 * What an answer depends on: this start of this machine, its drivers, the cards on its bus, and where
 * tools are looked for. Read from files, without starting anything.
 */
export function machineKey(env: Variables, platform: Platform, files: SystemFiles): string {
  const drivers = ["/proc/driver/nvidia/version", "/sys/module/nvidia/version", "/sys/module/amdgpu/version"];
  return JSON.stringify([
    platform,
    release(),
    files.read("/etc/machine-id")?.trim(),
    files.read("/proc/sys/kernel/random/boot_id")?.trim(),
    ...drivers.map((path) => files.read(path)?.split("\n")[0]),
    files.list("/sys/class/drm").join(" "),
    files.list("/dev/dri").join(" "),
    files.list("/proc/driver/nvidia/gpus").join(" "),
    env.PATH ?? env.Path,
    env.CUDA_VISIBLE_DEVICES,
    env.CUDA_DEVICE_ORDER,
  ]);
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Entry | null;
  return (
    entry?.format === FORMAT &&
    typeof entry.key === "string" &&
    typeof entry.savedAt === "number" &&
    Array.isArray(entry.devices) &&
    Array.isArray(entry.notes) &&
    entry.devices.every((device) => typeof device?.vendor === "string" && typeof device.sources === "object")
  );
}

const withoutUse = ({ usedBytes: _used, freeBytes: _free, ...device }: Merged): Merged => device;

/**
 * The kept answer, if it is this machine's and young enough: seconds where the free memory is asked
 * for, a day where only the totals are (then without what was free). Unreadable counts as none.
 */
export function readCache(file: string, key: string, total: boolean, now: number): Found | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  if (!isEntry(entry) || entry.key !== key) return undefined;
  const age = now - entry.savedAt;
  if (age < 0) return undefined;
  if (age <= FREE_MS) return { devices: entry.devices, notes: entry.notes };
  return total && age <= TOTAL_MS ? { devices: entry.devices.map(withoutUse), notes: entry.notes } : undefined;
}

/** Keeps an answer, whole or not at all; a folder that cannot be written to is no trouble. */
export function writeCache(file: string, key: string, found: Found, now: number): void {
  const entry: Entry = { format: FORMAT, key, savedAt: now, devices: found.devices, notes: found.notes };
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, JSON.stringify(entry), { mode: 0o600 });
    renameSync(draft, file);
  } catch {
    // The next call asks the tools again.
  }
}
