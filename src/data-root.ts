import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

// The CLI's bundle is CommonJS, all else are modules. A path, not a URL: taking URLs apart costs a millisecond.
const here = typeof __dirname === "string" ? __dirname : dirname(fileURLToPath(import.meta.url));

/** Path of a file in the shipped `data/` folder: beside `dist/` in the package, beside `src/` in the repository. */
export function dataFile(path: string): string {
  return `${dirname(here)}/data/${path}`;
}
