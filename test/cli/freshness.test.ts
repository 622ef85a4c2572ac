import { describe, expect, it } from "vitest";
import { warnOfOldData } from "../../src/cli/freshness.js";
import type { Io } from "../../src/cli/io.js";

function said(now: string, more: Partial<Io> = {}): string {
  let text = "";
  const io: Io = {
    argv: [],
    env: {},
    isTTY: true,
    columns: 80,
    now: () => Date.parse(now),
    out: () => {},
    err: (line) => {
      text += line;
    },
    ...more,
  };
  warnOfOldData(io, "2026-01-31");
  return text;
}

describe("the notice of old data", () => {
  it("comes after six months, on a terminal", () => {
    expect(said("2026-07-30")).toBe("");
    expect(said("2026-08-02")).toContain("data is of 2026-01-31");
    expect(said("2026-08-02", { isTTY: false })).toBe("");
  });

  it("can be silenced", () => {
    expect(said("2030-01-01", { env: { FITCHECK_IGNORE_OLD_DATA: "1" } })).toBe("");
  });
});
