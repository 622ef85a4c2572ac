import { readFileSync } from "node:fs";
import type { QualityTable } from "../core/quality.js";
import { dataFile } from "../data-root.js";

let table: QualityTable | undefined;

/** What has been published about the quality of quantizations (`data/quants.json`), read once. */
export function qualityTable(): QualityTable {
  table ??= JSON.parse(readFileSync(dataFile("quants.json"), "utf8")) as QualityTable;
  return table;
}
