import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { ByteSource } from "./byte-source.js";
import { openFile } from "./file-source.js";
import { type GgufHeader, readGgufHeader } from "./header.js";
import type { HttpOptions } from "./http-request.js";
import { openUrl } from "./http-source.js";
import { malformed } from "./malformed.js";
import { mergeParts, partPaths } from "./split.js";

/** Parts of a remote model that are read at the same time. */
const AT_ONCE = 4;
/** Missing parts named in a message. */
const NAMED = 3;

/**
 * The header of a GGUF file; of a split model all parts together, whichever of them is given.
 * @throws FitcheckError BAD_FILE for a file that is missing, unreadable, malformed, or lacks parts
 */
export async function readGgufFile(path: string): Promise<GgufHeader> {
  const header = await readOne(openFile(path));
  if (!header.split) return header;
  const paths = partPaths(path, header.split, path);
  const missing = paths.filter((part) => !existsSync(part)).map((part) => basename(part));
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED).join(", ");
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
    throw malformed(path, `of the split model ${names}${more} ${missing.length > 1 ? "are" : "is"} missing beside it`);
  }
  return readOthers(header, header.split.part, paths, path, openFile);
}

/**
 * The same over HTTP, reading no more than the headers.
 * @throws FitcheckError SOURCE_FAILED when the server does not deliver, BAD_FILE for a malformed file
 */
export async function readGgufUrl(url: string, options: HttpOptions = {}): Promise<GgufHeader> {
  const source = openUrl(url, options);
  const header = await readOne(source);
  if (!header.split) return header;
  const { origin, pathname, search } = new URL(url);
  const urls = partPaths(pathname, header.split, source.name).map((part) => `${origin}${part}${search}`);
  return readOthers(header, header.split.part, urls, source.name, (part) => openUrl(part, options));
}

async function readOthers(
  given: GgufHeader,
  givenPart: number,
  places: readonly string[],
  name: string,
  open: (place: string) => ByteSource,
): Promise<GgufHeader> {
  const parts = new Array<GgufHeader>(places.length);
  parts[givenPart] = given;
  const waiting = [...places.entries()].filter(([part]) => part !== givenPart);
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) parts[next[0]] = await readOne(open(next[1]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return mergeParts(parts, name);
}

async function readOne(source: ByteSource): Promise<GgufHeader> {
  try {
    return await readGgufHeader(source);
  } finally {
    await source.close();
  }
}
