import { readFileSync } from "node:fs";
import type { MeasuredSpeed } from "../core/card.js";
import { dataFile } from "../data-root.js";

/** A file of `data/speeds`: what others measured with one model. */
export interface SpeedFile {
  readonly model: string;
  readonly sources: readonly string[];
  readonly speeds: readonly {
    readonly gpu: string;
    readonly quant: string;
    readonly runtime: string;
    /** One value, or the slowest and the fastest of several. */
    readonly tokensPerSecond: number | readonly [low: number, high: number];
    readonly contextLength?: number;
    /** Which of the sources. */
    readonly source: number;
  }[];
}

/** Speeds that people measured with a model; none where none are known. */
export function measuredSpeeds(id: string): MeasuredSpeed[] {
  let text: string;
  try {
    text = readFileSync(dataFile(`speeds/${id}.json`), "utf8");
  } catch {
    return [];
  }
  const file = JSON.parse(text) as SpeedFile;
  return file.speeds.map(({ tokensPerSecond, source, ...row }) => {
    const [low, high] = typeof tokensPerSecond === "number" ? [tokensPerSecond, tokensPerSecond] : tokensPerSecond;
    return { ...row, tokensPerSecond: { low, high }, source: file.sources[source] ?? "" };
  });
}
