import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheTensorBytes, cacheTensors, contextShape } from "../../src/core/cache.js";

const BASE = {
  contextLength: 8192,
  parallel: 1,
  kvUnified: false,
  batch: 2048,
  ubatch: 512,
  swaFull: false,
  allLogits: false,
};
const CAUSAL = { window: 0, causal: true };

describe("contextShape", () => {
  it("pads what was asked for to 256, but not the batch", () => {
    const shape = contextShape({ ...BASE, contextLength: 300 }, CAUSAL);
    expect([shape.contextLength, shape.cells, shape.tokens]).toEqual([512, 512, 300]);
  });

  it("divides the context among sequences, padding each share", () => {
    // -c 8192 -np 5 becomes 8960
    expect(contextShape({ ...BASE, parallel: 5 }, CAUSAL).contextLength).toBe(8960);
    expect(contextShape({ ...BASE, parallel: 4 }, CAUSAL).contextPerSequence).toBe(2048);
    expect(contextShape({ ...BASE, parallel: 4, kvUnified: true }, CAUSAL).contextPerSequence).toBe(8192);
  });

  it("gives a window its size and a batch, per sequence when unified", () => {
    const window = { window: 1024, causal: true };
    expect(contextShape(BASE, window).slidingCells).toBe(1536);
    expect(contextShape({ ...BASE, parallel: 4, kvUnified: true }, window).slidingCells).toBe(4608);
    expect(contextShape({ ...BASE, swaFull: true }, window).slidingCells).toBe(8192);
    expect(contextShape({ ...BASE, contextLength: 1000 }, window).slidingCells).toBe(1024);
  });

  it("reserves logits per sequence, or per token of the batch", () => {
    expect(contextShape({ ...BASE, parallel: 4 }, CAUSAL).outputs).toBe(4);
    expect(contextShape({ ...BASE, allLogits: true }, CAUSAL).outputs).toBe(512);
  });

  it("never shrinks when the context grows", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        (n, np, unified) => {
          const rules = { window: 512, causal: true };
          const at = (contextLength: number) =>
            contextShape({ ...BASE, contextLength, parallel: np, kvUnified: unified }, rules);
          expect(at(n + 1).cells).toBeGreaterThanOrEqual(at(n).cells);
          expect(at(n + 1).slidingCells).toBeGreaterThanOrEqual(at(n).slidingCells);
          expect(at(n).slidingCells).toBeLessThanOrEqual(at(n).cells);
        },
      ),
    );
  });
});

describe("cacheTensors", () => {
  const shape = contextShape({ ...BASE, contextLength: 16384 }, CAUSAL);

  it("is 2.5 GiB for 40 blocks of 8 heads of 128 at 16,384 tokens", () => {
    const cache = { kind: "attention", keyWidth: 1024, valueWidth: 1024 } as const;
    const tensors = cacheTensors(cache, false, shape, { k: "f16", v: "f16" }, undefined);
    expect(40 * tensors.reduce((sum, tensor) => sum + cacheTensorBytes(tensor, true), 0)).toBe(2_684_354_560);
  });

  it("keeps latent attention as K alone and recurrent state in F32 per sequence", () => {
    expect(cacheTensors({ kind: "latent", keyWidth: 576 }, false, shape, { k: "q8_0", v: "f16" }, undefined)).toEqual([
      { type: "q8_0", shape: [576, 16384, 1] },
    ]);
    const state = cacheTensors(
      { kind: "recurrent", convolutionWidth: 12, stateWidth: 64 },
      false,
      contextShape({ ...BASE, parallel: 3 }, CAUSAL),
      { k: "q8_0", v: "q8_0" },
      undefined,
    );
    expect(state).toEqual([
      { type: "f32", shape: [12, 3, 1] },
      { type: "f32", shape: [64, 3, 1] },
    ]);
  });
});
