import { expect, it } from "vitest";
import { MiB } from "../../src/core/units.js";
import { type Cell, onOneGpu } from "./cells.js";

const off = (cell: Cell) => Math.abs(cell.estimated - cell.measured);
const relative = (cell: Cell) => (cell.measured === 0 ? (off(cell) === 0 ? 0 : 1) : off(cell) / cell.measured);
const quantile = (values: number[], q: number) => values.sort((a, b) => a - b)[Math.ceil(values.length * q) - 1] ?? 0;

/** A cell in words, for what a failing test lists. */
export const describeCell = (cell: Cell): string =>
  `${cell.model} ${cell.place} ${cell.term} ctx ${cell.row.n_ctx_requested} ub ${cell.row.n_ubatch} ngl ${cell.row.n_gpu_layers}: ${cell.estimated} for ${cell.measured}`;

/** The cells that are not exact to the byte. */
export const inexact = (cells: readonly Cell[]): string[] => cells.filter((cell) => off(cell) > 0).map(describeCell);

/** What every set of measurements must hold: weights and cache exact, compute and totals within bounds. */
export function itHoldsTheBounds(cells: readonly Cell[]): void {
  const of = (term: Cell["term"]) => cells.filter((cell) => cell.term === term);

  it("gives weights exact to the byte, on every device and on the host", () => {
    expect(inexact(of("weights"))).toEqual([]);
  });

  it("gives cache and state exact to the byte", () => {
    expect(inexact(of("cache"))).toEqual([]);
  });

  it("gives compute within 64 KiB in 8 of 10 rows with everything on one GPU", () => {
    const rows = of("compute").filter((cell) => cell.place === 0 && onOneGpu(cell.row));
    expect(rows.filter((cell) => off(cell) <= 64 * 1024).length / rows.length).toBeGreaterThanOrEqual(0.8);
    expect(rows.filter((cell) => off(cell) > 12 * MiB && relative(cell) > 0.1).map(describeCell)).toEqual([]);
  });

  it("gives compute everywhere within the bounds", () => {
    const errors = of("compute").map(relative);
    expect(quantile(errors, 0.5)).toBeLessThanOrEqual(0.005);
    expect(quantile(errors, 0.95)).toBeLessThanOrEqual(0.04);
    expect(
      of("compute")
        .filter((cell) => relative(cell) > 0.15 && off(cell) > 24 * MiB)
        .map(describeCell),
    ).toEqual([]);
  });

  it("gives the total of every device within the bounds", () => {
    const devices = of("total").filter((cell) => cell.place !== "host");
    expect(quantile(devices.map(relative), 0.5)).toBeLessThanOrEqual(0.0005);
    expect(devices.filter((cell) => relative(cell) > 0.015).map(describeCell)).toEqual([]);
  });
}
