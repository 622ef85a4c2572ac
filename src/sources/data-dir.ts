import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Steps from this module up to the package root: two from `src/sources/`, one from the bundle in `dist/`. */
const STEPS = ["../", "../../", "../../../"];

let found: string | undefined;

/**
 * The folder of the facts that ship with fitcheck (`data/`), with a trailing separator.
 * Looked for next to this module, because the sources and the bundle lie at different depths.
 * @throws Error when the installation lacks it
 */
export function dataDir(): string {
  if (found === undefined) {
    found = STEPS.map((step) => fileURLToPath(new URL(`${step}data/`, import.meta.url))).find((folder) =>
      existsSync(`${folder}gpus`),
    );
    if (found === undefined) throw new Error("fitcheck's data folder is missing; install the package again");
  }
  return found;
}
