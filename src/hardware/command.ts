import { accessSync, constants, statSync } from "node:fs";
import nodeModule from "node:module";
import { delimiter, join } from "node:path";
import type { Platform, Variables } from "./process.js";

export interface CommandResult {
  /** `missing`: no such program; `timeout`: ended by us; `failed`: could not be started. */
  readonly status: "exited" | "missing" | "timeout" | "failed";
  readonly code: number | null;
  /** At most `MAX_OUTPUT_BYTES`, whatever is not UTF-8 replaced. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandLimits {
  readonly timeoutMs: number;
  readonly env: Variables;
}

/** Starts a program by its bare name and never rejects; tests put their own in its place. */
export type CommandRunner = (tool: string, args: readonly string[], limits: CommandLimits) => Promise<CommandResult>;

/** A tool that prints more than this prints nothing that is wanted here. */
export const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Where vendor tools lie when PATH does not say: WSL, ROCm, macOS and the two homes of nvidia-smi.exe. */
function extraFolders(env: Variables, platform: Platform): string[] {
  if (platform === "win32") {
    const root = env.SystemRoot ?? "C:\\Windows";
    const programs = env.ProgramFiles ?? "C:\\Program Files";
    return [
      join(root, "System32"),
      join(root, "System32", "WindowsPowerShell", "v1.0"),
      join(programs, "NVIDIA Corporation", "NVSMI"),
    ];
  }
  if (platform === "darwin") return ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin"];
  return ["/usr/bin", "/bin", "/usr/sbin", "/usr/lib/wsl/lib", "/opt/rocm/bin"];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The path of a program, looked for without starting anything. */
export function findProgram(tool: string, env: Variables, platform: Platform = process.platform): string | undefined {
  const file = platform === "win32" ? `${tool}.exe` : tool;
  const path = env.PATH ?? env.Path ?? "";
  // An empty entry of PATH means the current folder, whose programs nobody asked to start.
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return [...folders, ...extraFolders(env, platform)].map((folder) => join(folder, file)).find(isProgram);
}

/**
 * Loaded only to run something: most starts run nothing, and this module alone takes two milliseconds.
 * By require, because the CLI's bundle is a script in which a dynamic import takes longer than that.
 */
const loadChildProcess = (): typeof import("node:child_process") =>
  nodeModule.createRequire(import.meta.url)("node:child_process");

/** Ends a program with everything it started, so that a hanging script does not live on. */
function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Runs a vendor tool: no shell, no input, English where the tool honours LC_ALL, bounded in time and output. */
export const runCommand: CommandRunner = async (tool, args, { timeoutMs, env }) => {
  const path = findProgram(tool, env);
  if (path === undefined) return { status: "missing", code: null, stdout: "", stderr: "" };
  const { spawn } = loadChildProcess();
  return new Promise((resolve) => {
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    let settled = false;
    const child = spawn(path, args, {
      env: { ...env, LC_ALL: "C", LANG: "C" },
      stdio: ["ignore", "pipe", "pipe"],
      // Its own process group, for `kill` to end.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    const settle = (status: CommandResult["status"], code: number | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      const text = (name: "stdout" | "stderr"): string => Buffer.concat(chunks[name]).toString("utf8");
      resolve({ status, code, stdout: text("stdout"), stderr: text("stderr") });
    };
    const timer = setTimeout(() => {
      kill(child.pid);
      settle("timeout", null);
    }, timeoutMs);
    const collect = (name: "stdout" | "stderr") => (chunk: Buffer) => {
      const room = MAX_OUTPUT_BYTES - bytes;
      bytes += chunk.length;
      chunks[name].push(chunk.subarray(0, Math.max(0, room)));
      if (bytes > MAX_OUTPUT_BYTES) {
        kill(child.pid);
        settle("exited", null);
      }
    };
    child.stdout.on("data", collect("stdout"));
    child.stderr.on("data", collect("stderr"));
    child.on("error", () => settle("failed", null));
    child.on("close", (code) => settle("exited", code));
  });
};
