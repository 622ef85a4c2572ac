import { readFileSync } from "node:fs";
import type { CommandResult, CommandRunner } from "../../src/hardware/command.js";
import type { SystemFiles } from "../../src/hardware/files.js";
import type { System } from "../../src/hardware/probe.js";

/** A text in the format of a vendor tool, shortened; `test/fixtures/hardware`. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/hardware/${name}`, import.meta.url), "utf8");
}

/** A file system that holds just these files. */
export function fakeFiles(files: Readonly<Record<string, string>>): SystemFiles {
  return {
    read: (path) => files[path],
    list(path) {
      const inside = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
      return [...new Set(inside.map((file) => file.slice(path.length + 1).split("/")[0] ?? ""))].sort();
    },
  };
}

export const exited = (stdout: string, code = 0): CommandResult => ({ status: "exited", code, stdout, stderr: "" });
export const missing: CommandResult = { status: "missing", code: null, stdout: "", stderr: "" };
export const hung: CommandResult = { status: "timeout", code: null, stdout: "", stderr: "" };

export type Answer = CommandResult | ((args: readonly string[]) => CommandResult);

/** Tools that answer at once; the others are not installed. `calls` collects the command lines. */
export function fakeRunner(tools: Readonly<Record<string, Answer>>, calls: string[] = []): CommandRunner {
  return async (tool, args) => {
    const answer = tools[tool];
    if (answer === undefined) return missing;
    calls.push([tool, ...args].join(" "));
    return typeof answer === "function" ? answer(args) : answer;
  };
}

export const GIB = 1024 ** 3;
export const MIB = 1024 ** 2;

export function fakeSystem(
  tools: Readonly<Record<string, Answer>>,
  {
    files = {},
    platform = "linux",
    host = { totalBytes: 64 * GIB, availableBytes: 48 * GIB },
    env = {},
    calls = [],
  }: {
    files?: Readonly<Record<string, string>>;
    platform?: NodeJS.Platform;
    host?: System["host"];
    env?: NodeJS.ProcessEnv;
    calls?: string[];
  } = {},
): System {
  const run = fakeRunner(tools, calls);
  return {
    platform,
    env,
    files: fakeFiles(files),
    host,
    run: (tool, args) => run(tool, args, { timeoutMs: 1000, env }),
  };
}

/** One device of the PCI bus, as its folder in sysfs shows it. */
export function pciDevice(
  busId: string,
  { kind = "0x030000", vendor, device, revision = "0x00", ...rest }: Record<string, string>,
): Record<string, string> {
  const folder = `/sys/bus/pci/devices/${busId}/`;
  const files: Record<string, string> = {
    [`${folder}class`]: `${kind}\n`,
    [`${folder}vendor`]: `${vendor}\n`,
    [`${folder}device`]: `${device}\n`,
    [`${folder}revision`]: `${revision}\n`,
  };
  for (const [name, value] of Object.entries(rest)) files[folder + name] = `${value}\n`;
  return files;
}
