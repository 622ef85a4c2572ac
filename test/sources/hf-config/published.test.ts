import { describe, expect, test } from "vitest";
import { conversionPage } from "./conversion-page.js";
import { type Converted, deviation, outcome, PUBLISHED, type Refused } from "./published.js";

const outcomes = PUBLISHED.map(outcome);
const converted = outcomes.filter((one): one is Converted => "architecture" in one);
const refused = outcomes.filter((one): one is Refused => "error" in one);

describe("configs of published models", () => {
  test("nearly all are converted", () => {
    expect(converted.length).toBeGreaterThanOrEqual(460);
  });

  test("what is refused is refused in one line", () => {
    for (const { error } of refused) {
      expect(["BAD_FILE", "UNSUPPORTED_ARCHITECTURE"]).toContain(error.code);
      expect(error.message).toMatch(/^[^\n]+$/);
    }
  });

  test("weights agree within 1 % wherever the published count is exact", () => {
    const exact = converted.filter(({ entry }) => entry.parameters !== undefined && entry.why === undefined);
    expect(exact.length).toBeGreaterThan(200);
    const wrong = exact.filter((one) => Math.abs(deviation(one) ?? 0) > 0.01);
    expect(wrong.map((one) => `${one.entry.model}: ${one.parameters}, not ${one.entry.parameters}`)).toEqual([]);
  });

  test("no exception is made for a count that agrees", () => {
    const needless = converted.filter((one) => one.entry.why && Math.abs(deviation(one) ?? 0) <= 0.01);
    expect(needless.map(({ entry }) => entry.model)).toEqual([]);
  });

  test("each is estimated", () => {
    for (const { entry, estimate } of converted) {
      const [device] = estimate.devices;
      expect(device?.weightsBytes, entry.model).toBeGreaterThan(0);
    }
  });

  test("the page tells all of it", async () => {
    await expect(conversionPage(converted, refused)).toMatchFileSnapshot("../../../docs/conversion.md");
  });
});
