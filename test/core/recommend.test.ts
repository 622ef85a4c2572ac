import { describe, expect, it } from "vitest";
import type { QualityWord } from "../../src/core/quality.js";
import { recommendQuant } from "../../src/core/recommend.js";
import type { Grade, QuantReport, Verdict } from "../../src/core/report.js";
import { REPORT } from "../support/report.js";

const VERDICTS: Readonly<Record<Grade, Verdict>> = { A: "full", B: "full", C: "tight", D: "partial", F: "none" };

function row(quant: string, bitsPerWeight: number, grade: Grade, word?: QualityWord): QuantReport {
  const quality = word && ({ word, basis: "same-family", models: ["X"], sources: ["Y"] } as const);
  return {
    ...(REPORT.quants[0] as QuantReport),
    quant,
    bitsPerWeight,
    grade,
    verdict: VERDICTS[grade],
    ...(quality ? { quality } : {}),
  };
}

describe("the recommended quantization", () => {
  it.each<[what: string, rows: QuantReport[], pick: string]>([
    [
      "loses least, whatever its bits",
      [row("Q4_1", 5.1, "A", "noticeable"), row("Q4_K_M", 4.9, "A", "small")],
      "Q4_K_M",
    ],
    ["has the most bits of equal loss", [row("Q5_K_S", 5.5, "A", "small"), row("Q4_K_M", 4.9, "A", "small")], "Q5_K_S"],
    [
      "keeps memory to spare where the loss is small",
      [row("Q6_K", 6.6, "B", "near-lossless"), row("Q5_K_M", 5.7, "A", "small")],
      "Q5_K_M",
    ],
    [
      "gives it up where the loss would be noticeable",
      [row("Q4_K_M", 4.9, "B", "small"), row("Q3_K_M", 4, "A", "noticeable")],
      "Q4_K_M",
    ],
    [
      "gives the margin up as well",
      [row("Q4_K_M", 4.9, "C", "small"), row("Q2_K", 3.2, "B", "heavy"), row("IQ2_M", 2.9, "A", "heavy")],
      "Q4_K_M",
    ],
    [
      "never takes more bits than Q8_0 has",
      [row("BF16", 16, "A", "near-lossless"), row("Q8_0", 8.5, "A", "near-lossless")],
      "Q8_0",
    ],
    [
      "goes by bits where nothing was measured",
      [row("UD-Q5_K_XL", 5.6, "A"), row("UD-Q4_K_XL", 4.8, "A")],
      "UD-Q5_K_XL",
    ],
    [
      "is about four bits where a part runs from RAM",
      [row("Q8_0", 8.5, "D", "near-lossless"), row("Q4_K_M", 4.9, "D", "small"), row("Q3_K_M", 4, "D", "noticeable")],
      "Q4_K_M",
    ],
  ])("%s", (_, rows, pick) => {
    expect(recommendQuant(rows)?.quant).toBe(pick);
    expect(recommendQuant(rows.toReversed())?.quant).toBe(pick);
  });
});
