import type { Hardware, Host } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import { probeApple } from "./apple.js";
import { cacheFile, type Found, machineKey, readCache, writeCache } from "./cache.js";
import { type CommandRunner, runCommand } from "./command.js";
import { devicesOf } from "./devices.js";
import { type SystemFiles, systemFiles } from "./files.js";
import { detectHost } from "./host.js";
import { probeLinux } from "./linux.js";
import { mergeFindings } from "./merge.js";
import type { Finding, ProbeResult, System } from "./probe.js";
import type { Platform, Variables } from "./process.js";
import { probeWindows } from "./windows.js";

export interface DetectOptions {
  /** Judge against the whole card instead of what is free now. */
  readonly total?: boolean;
  /** `false`: neither read nor write the cache of the last answer. */
  readonly cache?: boolean;
  readonly env?: Variables;
  /** For all tools together, which run side by side. Two seconds unless said. */
  readonly timeoutMs?: number;
  readonly run?: CommandRunner;
  readonly fs?: SystemFiles;
  readonly platform?: Platform;
  /** Milliseconds since 1970, for the age of the cache. */
  readonly now?: () => number;
}

/** After this long a tool is taken to hang. */
const TIMEOUT_MS = 2000;

interface Probed extends ProbeResult {
  readonly availableBytes?: number;
}

/** Everything found on this system, the probe that knows most first. */
function probe(system: System): Promise<Probed> {
  switch (system.platform) {
    case "darwin":
      return probeApple(system);
    case "win32":
      return probeWindows(system);
    default:
      return probeLinux(system);
  }
}

/** A view of the machine that counts what was started. */
interface Watched extends System {
  readonly started: () => number;
}

/** All tools share one deadline, so that several that hang cost no more than one. */
function systemOf(options: DetectOptions): Watched {
  const env = options.env ?? process.env;
  const files = options.fs ?? systemFiles;
  const platform = options.platform ?? process.platform;
  const run = options.run ?? runCommand;
  const deadline = performance.now() + (options.timeoutMs ?? TIMEOUT_MS);
  let started = 0;
  return {
    platform,
    env,
    files,
    host: detectHost(files, platform),
    started: () => started,
    async run(tool, args) {
      const left = deadline - performance.now();
      // The tool that used up the time has its note; those not started have nothing to answer for.
      if (left < 1) return { status: "missing", code: null, stdout: "", stderr: "" };
      const result = await run(tool, args, { timeoutMs: left, env });
      if (result.status !== "missing") started++;
      return result;
    },
  };
}

/** Each note once, in the order of their first appearance. */
function distinct(notes: readonly Note[]): Note[] {
  const seen = new Set<string>();
  return notes.filter((note) => {
    const key = JSON.stringify(note);
    return !seen.has(key) && seen.add(key);
  });
}

const isTrouble = (note: Note): boolean => note.code.startsWith("TOOL_");

/**
 * Names that nothing else gave. Not after a tool has hung: the package would call it again and wait
 * for it without end.
 */
async function missingNames(findings: readonly Finding[], notes: readonly Note[], system: System): Promise<Finding[]> {
  const supported = ["linux", "darwin", "win32"].includes(system.platform);
  const nameless = mergeFindings(findings).some(
    (device) => device.name === undefined && device.totalBytes !== undefined,
  );
  if (notes.some((note) => note.code === "TOOL_TIMEOUT") || !(nameless || (!supported && findings.length === 0)))
    return [];
  const { namesFromSystemInformation } = await import("./system-information.js");
  const names = await namesFromSystemInformation(TIMEOUT_MS / 2);
  if (!nameless) return names;
  const slots = new Set(findings.flatMap((finding) => finding.pciBusId ?? []));
  return names.filter((name) => name.pciBusId !== undefined && slots.has(name.pciBusId));
}

/**
 * The GPUs and the RAM of this machine. Never throws over a tool that is missing, fails, hangs or
 * prints nonsense: what could not be learned is said in the notes.
 */
export async function detectHardware(options: DetectOptions = {}): Promise<Hardware> {
  const total = options.total === true;
  const now = options.now ?? Date.now;
  const system = systemOf(options);
  // On a Mac nothing slow is asked, and the user may change the limit at any time.
  const file =
    options.cache === false || system.platform === "darwin" ? undefined : cacheFile(system.env, system.platform);
  const key = file === undefined ? "" : machineKey(system.env, system.platform, system.files);
  let host: Host = system.host;
  let found: Found | undefined = file === undefined ? undefined : readCache(file, key, total, now());
  if (found === undefined) {
    const probed = await probe(system);
    const findings = [...probed.findings, ...(await missingNames(probed.findings, probed.notes, system))];
    found = { devices: mergeFindings(findings), notes: probed.notes };
    if (probed.availableBytes !== undefined) host = { ...host, availableBytes: probed.availableBytes };
    // Where no tool was needed the files are as quick as the cache; a failure is not worth keeping.
    if (file !== undefined && system.started() > 0 && !probed.notes.some(isTrouble))
      writeCache(file, key, found, now());
  }
  const { devices, notes } = devicesOf(found.devices, total);
  const none: Note[] = devices.length === 0 ? [{ code: "NO_GPU_FOUND", args: {} }] : [];
  return { source: "detected", devices, host, notes: distinct([...found.notes, ...notes, ...none]) };
}
