import { expect, it } from "vitest";
import { exitCodeFor } from "../../src/cli/exit-code.js";
import type { Verdict } from "../../src/core/report.js";
import { REPORT } from "../support/report.js";

it.each<[Verdict[], "full" | "partial", number]>([
  [["none", "full"], "full", 0],
  [["tight"], "full", 0],
  [["partial", "cpu", "none"], "full", 1],
  [["partial"], "partial", 0],
  [["cpu"], "partial", 0],
  [["none"], "partial", 1],
  [[], "partial", 1],
])("%j with --require %s exits %i", (verdicts, require, code) => {
  const [quant] = REPORT.quants;
  expect(exitCodeFor({ ...REPORT, quants: verdicts.map((verdict) => ({ ...quant!, verdict })) }, require)).toBe(code);
});
