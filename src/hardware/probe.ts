import type { Backend, DeviceVendor, Host } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import type { CommandResult } from "./command.js";
import type { SystemFiles } from "./files.js";
import type { Platform, Variables } from "./process.js";

/** What a probe may touch. */
export interface System {
  readonly platform: Platform;
  readonly env: Variables;
  readonly files: SystemFiles;
  readonly host: Host;
  /** Runs a tool within what is left of the time for all of them. */
  run(tool: string, args: readonly string[]): Promise<CommandResult>;
}

/** What one probe knows of one device; whatever it does not know is absent. Sizes are bytes. */
export interface Finding {
  /** The tool or file it comes from, in words a user can look up. */
  readonly source: string;
  readonly vendor: DeviceVendor;
  readonly name?: string;
  /** As `normalBusId` writes it. */
  readonly pciBusId?: string;
  readonly totalBytes?: number;
  readonly reservedBytes?: number;
  readonly usedBytes?: number;
  readonly freeBytes?: number;
  /** What a loader can take at most, where the system sets a limit below the total. */
  readonly limitBytes?: number;
  /** The memory is the host's RAM. */
  readonly unified?: boolean;
  /** Set when the tool itself says how it would be used. */
  readonly backend?: Backend;
  readonly computeCapability?: string;
}

export interface ProbeResult {
  readonly findings: readonly Finding[];
  readonly notes: readonly Note[];
}

export const NOTHING: ProbeResult = { findings: [], notes: [] };

/** `00000000:0C:00.0` and `0000:0c:00.0` are the same slot; `0000000F:01:00.0` is `000f:01:00.0`. */
export function normalBusId(text: string): string | undefined {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i.exec(text.trim());
  if (!match) return undefined;
  const domain = (match[1] ?? "0").replace(/^0+(?=.)/, "").padStart(4, "0");
  return `${domain}:${match[2]?.padStart(2, "0")}:${match[3]?.padStart(2, "0")}.${match[4]}`.toLowerCase();
}

/** The first line a tool printed, short enough to quote. */
function firstLine(result: CommandResult): string {
  const line = `${result.stdout}\n${result.stderr}`.split("\n").find((one) => one.trim() !== "") ?? "";
  return line
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 120);
}

/** What to tell about a tool that gave no devices: nothing when it is not installed. */
export function toolTrouble(tool: string, result: CommandResult): Note[] {
  switch (result.status) {
    case "missing":
      return [];
    case "timeout":
      return [{ code: "TOOL_TIMEOUT", args: { tool } }];
    case "failed":
      return [{ code: "TOOL_FAILED", args: { tool, detail: "it could not be started" } }];
    case "exited":
      return result.code === 0
        ? [{ code: "TOOL_UNREADABLE", args: { tool } }]
        : [{ code: "TOOL_FAILED", args: { tool, detail: firstLine(result) || `exit code ${result.code}` } }];
  }
}
