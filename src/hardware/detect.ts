import type { Hardware, Host } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import { type CommandRunner, runCommand } from "./command.js";
import { devicesOf } from "./devices.js";
import { type SystemFiles, systemFiles } from "./files.js";
import { detectHost } from "./host.js";
import { mergeFindings } from "./merge.js";
import type { ProbeResult, System } from "./probe.js";

export interface DetectOptions {
  /** Judge against the whole card instead of what is free now. */
  readonly total?: boolean;
  /** `false`: neither read nor write the cache of the last answer. */
  readonly cache?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** For all tools together, which run side by side. Two seconds unless said. */
  readonly timeoutMs?: number;
  readonly run?: CommandRunner;
  readonly fs?: SystemFiles;
  readonly platform?: NodeJS.Platform;
}

/** After this long a tool is taken to hang. */
const TIMEOUT_MS = 2000;

/** Everything found on this system, the probe that knows most first. Each platform's probes load on their own. */
async function probe(system: System): Promise<ProbeResult & { availableBytes?: number }> {
  switch (system.platform) {
    case "darwin":
      return (await import("./apple.js")).probeApple(system);
    case "win32":
      return (await import("./windows.js")).probeWindows(system);
    default:
      return (await import("./linux.js")).probeLinux(system);
  }
}

/** The probes' view of the machine: all tools share one deadline, so that several that hang cost no more than one. */
function systemOf(options: DetectOptions): System {
  const env = options.env ?? process.env;
  const files = options.fs ?? systemFiles;
  const platform = options.platform ?? process.platform;
  const run = options.run ?? runCommand;
  const deadline = performance.now() + (options.timeoutMs ?? TIMEOUT_MS);
  return {
    platform,
    env,
    files,
    host: detectHost(files, platform),
    run(tool, args) {
      const left = deadline - performance.now();
      if (left < 1) return Promise.resolve({ status: "timeout", code: null, stdout: "", stderr: "" });
      return run(tool, args, { timeoutMs: left, env });
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

/**
 * The GPUs and the RAM of this machine. Never throws over a tool that is missing, fails, hangs or
 * prints nonsense: what could not be learned is said in the notes.
 */
export async function detectHardware(options: DetectOptions = {}): Promise<Hardware> {
  const system = systemOf(options);
  const found = await probe(system);
  const { devices, notes } = devicesOf(mergeFindings(found.findings), options.total === true);
  const host: Host =
    found.availableBytes === undefined ? system.host : { ...system.host, availableBytes: found.availableBytes };
  const none: Note[] = devices.length === 0 ? [{ code: "NO_GPU_FOUND", args: {} }] : [];
  return { source: "detected", devices, host, notes: distinct([...found.notes, ...notes, ...none]) };
}
