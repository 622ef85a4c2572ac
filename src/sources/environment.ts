import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The user's home: HOME (USERPROFILE on Windows) of the environment given, else what the system says. */
export function homeOf(env: Environment): string {
  const named = (process.platform === "win32" ? env.USERPROFILE : env.HOME) || env.HOME;
  if (named) return named;
  try {
    return homedir();
  } catch {
    return ".";
  }
}

/** A path as the user typed it, `~` being home. */
export function expandHome(path: string, env: Environment): string {
  return /^~(?=$|[/\\])/.test(path) ? join(homeOf(env), path.slice(1)) : path;
}
