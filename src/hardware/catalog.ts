import { readdirSync, readFileSync } from "node:fs";
import { dataFile } from "../data-root.js";
import { type Gpu, type GpuFile, type GpuRow, gpusOfRow } from "./gpu.js";
import { driverNames, type GpuMatch, matchDriverName, matchName, matchWords } from "./match.js";
import { modelDigits } from "./names.js";

let texts: readonly string[] | undefined;
let gpus: readonly Gpu[] | undefined;

/** The files of `data/gpus` as text, 70 kB in all. */
function loadTexts(): readonly string[] {
  if (texts === undefined) {
    const folder = dataFile("gpus/");
    texts = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => readFileSync(folder + name, "utf8"));
  }
  return texts;
}

/** The rows to keep of the files that are worth parsing. */
function expand(mentions: (text: string) => boolean, keep: (row: GpuRow) => boolean): Gpu[] {
  return loadTexts()
    .filter(mentions)
    .map((text) => JSON.parse(text) as GpuFile)
    .flatMap((file) => file.gpus.filter(keep).flatMap((row) => gpusOfRow(row, file)));
}

/** Every GPU that fitcheck knows. */
export function loadGpuCatalog(): readonly Gpu[] {
  gpus ??= expand(
    () => true,
    () => true,
  );
  return gpus;
}

/** The GPUs whose name has a model number of one of `names` in it: all that a lookup has to look at. */
function gpusLike(names: readonly string[]): readonly Gpu[] {
  const numbers = names.map(modelDigits);
  if (gpus !== undefined || numbers.includes(undefined)) return loadGpuCatalog();
  const mentions = (text: string): boolean => numbers.some((digits) => digits !== undefined && text.includes(digits));
  return expand(mentions, (row) => mentions(row.id) || mentions(row.name) || (row.aliases ?? []).some(mentions));
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
