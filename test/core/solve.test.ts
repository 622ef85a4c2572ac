import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestFitting } from "../../src/core/solve.js";

describe("the largest that fits", () => {
  it("is found on any rising line, whatever was known before", () => {
    const lines = fc.record({
      steps: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 300 }),
      room: fc.integer({ min: 0, max: 8000 }),
      step: fc.constantFrom(1, 256),
      known: fc.array(fc.nat({ max: 300 }), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(lines, ({ steps, room, step, known }) => {
        const heights = [0];
        for (const rise of steps) heights.push((heights.at(-1) ?? 0) + rise);
        const over = (x: number) => (heights[Math.floor(x / step)] ?? Number.POSITIVE_INFINITY) - room;
        const most = steps.length * step;
        const found = largestFitting(over, 0, most, step, new Set(known.map((at) => Math.min(at * step, most))));
        const best = heights.findLastIndex((height) => height <= room) * step;
        expect(found).toBe(best);
      }),
    );
  });

  it("is nothing where the least is too much, and the most where all of it fits", () => {
    expect(largestFitting((x) => x - 5, 10, 100, 1)).toBeUndefined();
    expect(largestFitting((x) => x - 500, 10, 100, 1)).toBe(100);
  });

  it("takes few steps on a nearly straight line", () => {
    let asked = 0;
    const over = (x: number) => {
      asked++;
      return x * 131_072 + (x % 512 === 0 ? 0 : 4096) - 12_345_678_901;
    };
    expect(largestFitting(over, 256, 1_048_576, 256)).toBe(Math.floor(12_345_678_901 / 131_072 / 256) * 256);
    expect(asked).toBeLessThan(16);
  });
});
