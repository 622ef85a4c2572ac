import { describe, expect, it } from "vitest";
import { runResults, totalHolds } from "./logs.js";

const results = await runResults();
const share = (good: unknown[], all: unknown[]) => good.length / all.length;

describe("memory, held against the logs of real runs", () => {
  it("has runs of several backends to be held against", () => {
    expect(new Set(results.map(({ run }) => run.backend)).size).toBeGreaterThanOrEqual(4);
    expect(results.length).toBeGreaterThanOrEqual(49);
  });

  it("gives the cache, state included, as every log prints it", () => {
    const off = results.filter(({ run, cache }) => Math.abs(cache - run.cacheMib) > 0.01);
    expect(off.map(({ run }) => run.id)).toEqual([]);
  });

  it("gives the weights of stock files within half a percent", () => {
    // Metal maps the whole file for the GPU where the embedding lies at its end
    const stock = results.filter(({ run, stock: made }) => made && run.backend !== "Metal");
    expect(stock.length).toBeGreaterThan(10);
    const off = stock.filter(({ run, weights }) => Math.abs(weights / run.weightsMib - 1) > 0.005);
    expect(off.map(({ run }) => run.id)).toEqual([]);
  });

  it("gives the total within 4 % or 300 MiB in nine of ten", () => {
    expect(share(results.filter(totalHolds), results)).toBeGreaterThanOrEqual(0.9);
  });
});
