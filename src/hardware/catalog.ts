import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DATA_ROOT } from "../data-root.js";
import { type Gpu, type GpuFile, type GpuRow, gpusOfRow } from "./gpu.js";
import { driverNames, type GpuMatch, matchDriverName, matchName, matchWords } from "./match.js";
import { modelDigits } from "./names.js";

let files: readonly GpuFile[] | undefined;
let gpus: readonly Gpu[] | undefined;

/** The files of `data/gpus` as they are: 70 kB of JSON, read and parsed once in well under a millisecond. */
function loadFiles(): readonly GpuFile[] {
  if (files === undefined) {
    const folder = fileURLToPath(new URL("gpus/", DATA_ROOT));
    files = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => JSON.parse(readFileSync(folder + name, "utf8")) as GpuFile);
  }
  return files;
}

const expand = (keep: (row: GpuRow) => boolean): Gpu[] =>
  loadFiles().flatMap((file) => file.gpus.filter(keep).flatMap((row) => gpusOfRow(row, file)));

/** Every GPU that fitcheck knows. */
export function loadGpuCatalog(): readonly Gpu[] {
  gpus ??= expand(() => true);
  return gpus;
}

/** The GPUs whose name has a model number of one of `names` in it: all that a lookup has to look at. */
function gpusLike(names: readonly string[]): readonly Gpu[] {
  const numbers = names.map(modelDigits);
  if (gpus !== undefined || numbers.includes(undefined)) return loadGpuCatalog();
  const mentions = (name: string): boolean => numbers.some((digits) => digits !== undefined && name.includes(digits));
  return expand((row) => mentions(row.id) || mentions(row.name) || (row.aliases ?? []).some(mentions));
}

/** The GPU that a typed name means (see `matchName`). */
export function findGpu(name: string): GpuMatch {
  const match = matchName(name, gpusLike([name]));
  return match.kind === "none" ? matchName(name, loadGpuCatalog()) : match;
}

/** The catalog row of a detected device, by its driver's name and memory in bytes (see `matchDriverName`). */
export function identifyGpu(name: string, totalBytes: number | undefined): Gpu | undefined {
  return matchDriverName(name, totalBytes, gpusLike(driverNames(name)));
}

/** Every GPU that the words of a search fit (see `matchWords`); all of them when there are none. */
export function searchGpus(words: string): Gpu[] {
  return matchWords(words, loadGpuCatalog());
}
