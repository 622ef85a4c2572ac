import { readFileSync } from "node:fs";
import type { ModelSizes } from "../core/model-candidate.js";
import { MiB } from "../core/units.js";
import { dataFile } from "../data-root.js";

/** `data/models-sizes.json`: lists of MiB, in the order of `quants` and `contexts`; 0 where a model has no such file. */
interface SizesFile {
  readonly contexts: readonly [number, number];
  readonly quants: readonly string[];
  readonly models: Readonly<Record<string, SizesLine>>;
}

interface SizesLine {
  readonly layers: number;
  readonly weights: readonly number[];
  readonly cache: readonly [number, number];
  readonly compute: readonly [number, number];
}

/** The sizes of any model of the catalog by id, for commands that go through all of them. */
export function readSizes(): (id: string) => ModelSizes | undefined {
  const { contexts, quants, models } = JSON.parse(readFileSync(dataFile("models-sizes.json"), "utf8")) as SizesFile;
  const bytes = ([first, second]: readonly [number, number]) => [first * MiB, second * MiB] as const;
  return (id) => {
    const line = models[id];
    if (line === undefined) return undefined;
    const weights = new Map<string, number>();
    // They were rounded up; a bound must not be too high.
    quants.forEach((quant, i) => {
      const mib = line.weights[i] ?? 0;
      if (mib > 0) weights.set(quant, (mib - 1) * MiB);
    });
    return { layers: line.layers, weights, contexts, cache: bytes(line.cache), compute: bytes(line.compute) };
  };
}
