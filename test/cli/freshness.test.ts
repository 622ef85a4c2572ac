import { describe, expect, it } from "vitest";
import { warnOfOldData } from "../../src/cli/freshness.js";
import type { Io } from "../../src/cli/io.js";
import { fitcheck } from "../support/io.js";

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

  it("follows the answer of a whole run, and leaves a pipe alone", async () => {
    const line = "llama-3.1-8b -q Q4_K_M --gpu rtx-4090 --ram 64G";
    const now = Date.parse("2030-01-01");
    expect((await fitcheck(line, { columns: 80, now })).err).toContain("more than 6 months old");
    expect((await fitcheck(line, { columns: 80, now, env: { FITCHECK_IGNORE_OLD_DATA: "1" } })).err).toBe("");
    expect((await fitcheck(line, { now })).err).toBe("");
  });

  it("can be silenced", () => {
    expect(said("2030-01-01", { env: { FITCHECK_IGNORE_OLD_DATA: "1" } })).toBe("");
  });
});
