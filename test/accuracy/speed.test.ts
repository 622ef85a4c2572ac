import { describe, expect, it } from "vitest";
import { isPlain, speedErrors, speedResults } from "./speed-page.js";

const all = speedResults();
const heldOut = all.filter(({ cell }) => cell.heldOut);
const plain = heldOut.filter(isPlain);
const rest = heldOut.filter((result) => !isPlain(result));

describe("speeds held out of the fit", () => {
  it("are a fair part of all", () => {
    expect(heldOut.length).toBeGreaterThan(all.length / 5);
    expect(plain.length).toBeGreaterThan(100);
  });

  it("of dense models on one NVIDIA or Apple GPU have a median error below 10 %", () => {
    expect(speedErrors(plain).median).toBeLessThan(0.1);
  });

  it("of everything else have a median error below 25 %", () => {
    expect(speedErrors(rest).median).toBeLessThan(0.25);
  });

  it.each([
    ["dense models on one NVIDIA or Apple GPU", plain],
    ["everything else", rest],
  ])("of %s lie inside the band nine times in ten", (_, results) => {
    expect(speedErrors(results).inside).toBeGreaterThanOrEqual(0.9);
  });
});
