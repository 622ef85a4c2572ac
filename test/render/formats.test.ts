import { describe, expect, it } from "vitest";
import type { FitReport } from "../../src/core/report.js";
import { FORMATS, type FormatId } from "../../src/render/registry.js";
import type { Terminal } from "../../src/render/terminal.js";
import { REPORT } from "../support/report.js";

const PIPE: Terminal = { columns: undefined, color: false };
const TWO_CONTEXTS: FitReport = {
  ...REPORT,
  quants: REPORT.quants.flatMap((quant) => [4096, 16_384].map((contextLength) => ({ ...quant, contextLength }))),
};

describe("formats", () => {
  it.each<[string, FormatId, FitReport, Terminal]>([
    ["table-pipe.txt", "table", REPORT, PIPE],
    ["table-40.txt", "table", REPORT, { columns: 40, color: false }],
    ["table-80.txt", "table", REPORT, { columns: 80, color: false }],
    ["table-120.txt", "table", REPORT, { columns: 120, color: false }],
    ["table-200-color.txt", "table", REPORT, { columns: 200, color: true }],
    ["table-contexts.txt", "table", TWO_CONTEXTS, PIPE],
    ["report.json", "json", REPORT, PIPE],
    ["report.csv", "csv", REPORT, PIPE],
    ["report.md", "markdown", REPORT, PIPE],
  ])("%s", async (file, format, report, terminal) => {
    await expect(FORMATS[format](report, terminal)).toMatchFileSnapshot(`golden/${file}`);
  });

  it.each([40, 60, 80, 100, 120, 200])("keeps the table within %i columns", (columns) => {
    // Runtime commands hold words longer than any narrow terminal: those may stick out, whole.
    const { commands: _, ...report } = REPORT;
    const lines = FORMATS.table(report, { columns, color: false }).split("\n");
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });

  it("says the same with and without colour", () => {
    const [color, none] = [true, false].map((value) => FORMATS.table(REPORT, { columns: 80, color: value }));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
    expect(color?.replaceAll(/\u001b\[[0-9;]*m/g, "")).toBe(none);
    expect(none).not.toContain("\u001b");
  });

  it("lets no name from a file reach the terminal as an escape sequence", () => {
    const evil = "a\u001b[31m\u0007b";
    const report = { ...REPORT, model: { ...REPORT.model, name: evil, id: evil, architecture: evil } };
    for (const format of ["table", "csv", "markdown"] as const) {
      const text = FORMATS[format](report, PIPE);
      expect([text.includes("\u001b"), text.includes("\u0007")]).toEqual([false, false]);
    }
  });
});
