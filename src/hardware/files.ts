import { readdirSync, readFileSync } from "node:fs";

/** The few ways probes look at the file system; replaced in tests. Nothing here throws. */
export interface SystemFiles {
  /** The text of a small file, or `undefined` where it cannot be read. */
  read(path: string): string | undefined;
  /** The names in a folder, sorted; none where it cannot be read. */
  list(path: string): readonly string[];
}

export const systemFiles: SystemFiles = {
  read(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  list(path) {
    try {
      return readdirSync(path).sort();
    } catch {
      return [];
    }
  },
};
