import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planBuffers } from "../../src/core/graph/allocator.js";
import { cpuBackend, cudaBackend, cudaBuffer, flashAttentionSupported, hostBuffer } from "../../src/core/graph/cuda.js";
import { Graph } from "../../src/core/graph/graph.js";
import { withoutRepetitions } from "../../src/core/graph/repetition.js";
import { Scheduler } from "../../src/core/graph/scheduler.js";
import { byteSize, isContiguous } from "../../src/core/graph/tensor.js";

const onGpu = { backend: 0, gpu: true, weights: true };
const onCpu = { backend: 1, gpu: false, weights: true };

/** Plans for one GPU and the CPU: [GPU bytes, host bytes]. */
function plan(graph: Graph): number[] {
  return planBuffers(new Scheduler([cudaBackend(0), cpuBackend], false).plan(graph), [cudaBuffer, hostBuffer]);
}

describe("the planned graph", () => {
  it("keeps an input and its copy, and frees operands after their last reader", () => {
    const g = new Graph();
    const x = g.input("f32", 1024, 32);
    const a = g.mulMat(g.external("f16", [1024, 1024], onGpu), x);
    const b = g.mulMat(g.external("f16", [1024, 1024], onGpu), a);
    g.expand(g.mulMat(g.external("f16", [1024, 1024], onGpu), b));
    // the copy of x, then two results at a time: the third takes the place of what died
    expect(plan(g)).toEqual([2 * 1024 * 32 * 4, 1024 * 32 * 4]);
  });

  it("writes a sum over an operand that dies with it", () => {
    const g = new Graph();
    const x = g.input("f32", 1024, 32);
    const product = g.mulMat(g.external("f16", [1024, 1024], onGpu), x);
    g.expand(g.unary(g.unary(product)));
    expect(plan(g)[0]).toBe(2 * 1024 * 32 * 4);
  });

  it("does not write over what a view still shows", () => {
    const g = new Graph();
    const product = g.mulMat(g.external("f16", [1024, 1024], onGpu), g.input("f32", 1024, 32));
    const flat = g.reshape(product, 1024 * 32);
    g.expand(g.unary(flat));
    expect(plan(g)[0]).toBe(2 * 1024 * 32 * 4);
  });

  it("copies a weight of the CPU to the GPU for batches of 32 and more", () => {
    const build = (tokens: number) => {
      const g = new Graph();
      g.expand(g.mulMat(g.external("f16", [1024, 1024], onCpu), g.input("f32", 1024, tokens)));
      return plan(g);
    };
    expect(build(31)[0]).toBe(0);
    expect(build(32)[0]).toBe(1024 * 1024 * 2 + 2 * 1024 * 32 * 4);
  });

  it("needs no less for more tokens", () => {
    const need = (tokens: number, width: number) => {
      const g = new Graph();
      const x = g.mulMat(g.external("f16", [64, width], onGpu), g.input("f32", 64, tokens));
      g.expand(g.add(g.mulMat(g.external("f16", [width, width], onGpu), g.rmsNorm(x)), x));
      return plan(g)[0] as number;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 64 }), (tokens, blocks) => {
        expect(need(tokens + 1, blocks * 32)).toBeGreaterThanOrEqual(need(tokens, blocks * 32));
      }),
      { numRuns: 50 },
    );
  });
});

describe("tensors", () => {
  it("measures gaps as ggml_nbytes does", () => {
    const g = new Graph();
    const whole = g.empty("f32", 8, 4, 2);
    expect(byteSize(whole)).toBe(256);
    const part = g.view(whole, [2, 4], [whole.nb[1]], 4);
    expect(byteSize(part)).toBe(3 * 32 + 8);
    expect(isContiguous(part)).toBe(false);
    expect(isContiguous(g.permute(whole, 0, 2, 1, 3))).toBe(false);
    expect(byteSize(g.empty("q8_0", 64, 3))).toBe(2 * 34 * 3);
  });
});

it("knows the head sizes CUDA's flash attention has kernels for", () => {
  expect(flashAttentionSupported(128, 128, 1, 300)).toBe(true);
  expect(flashAttentionSupported(120, 120, 4, 512)).toBe(false);
  expect(flashAttentionSupported(576, 512, 16, 512)).toBe(true);
  expect(flashAttentionSupported(576, 512, 1, 512)).toBe(false);
  expect(flashAttentionSupported(192, 128, 12, 512)).toBe(false);
});

describe("withoutRepetitions", () => {
  const kept = (text: string) =>
    withoutRepetitions([...text])
      .map((i) => text[i])
      .join("");

  it.each([
    ["aaaaaaaaaa", "aaaa"],
    ["aaaaaaaaaaa", "aaaaa"],
    ["abc", "abc"],
    ["xaaaaaaaay", "xaaaay"],
    ["aaabaaabaaabaaabaaabaaab", "aaabaaabaaabaaab"],
  ])("shortens %s to %s", (text, expected) => {
    expect(kept(text)).toBe(expected);
  });

  it("keeps the last of everything", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 80 }), (items) => {
        const positions = withoutRepetitions(items);
        expect(positions.at(-1)).toBe(items.length - 1);
        expect([...positions].sort((a, b) => a - b)).toEqual(positions);
        expect(new Set(positions.map((i) => items[i]))).toEqual(new Set(items));
      }),
    );
  });
});
