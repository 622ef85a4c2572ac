/**
 * The largest x in [least, most], a multiple of `step` above `least`, with `overflow(x) <= 0`. `overflow` rises
 * with x and is nearly a straight line, so a few guesses between the nearest known points find it.
 * @param known points evaluated before, for any search over the same line; grows
 * @returns undefined when not even `least` fits
 */
export function largestFitting(
  overflow: (x: number) => number,
  least: number,
  most: number,
  step: number,
  known: Set<number> = new Set(),
): number | undefined {
  if (overflow(most) <= 0) return most;
  let low = least;
  let high = most;
  for (const x of known) {
    if (x <= low || x >= high) continue;
    if (overflow(x) <= 0) low = x;
    else high = x;
  }
  // what fits at a known point fits below it
  if (low === least && (least >= most || overflow(least) > 0)) return undefined;
  for (let round = 0; nextAbove(low, step) < high; round++) {
    const atLow = overflow(low);
    const atHigh = overflow(high);
    // a straight line first; halves when the curve bends too much for that
    const guess = round < 6 ? low + ((high - low) * -atLow) / (atHigh - atLow) : (low + high) / 2;
    const first = nextAbove(low, step);
    const x = Math.min(Math.max(Math.floor(guess / step) * step, first), Math.ceil(high / step - 1) * step);
    known.add(x);
    if (overflow(x) > 0) {
      high = x;
      continue;
    }
    low = x;
    const above = nextAbove(x, step);
    if (above >= high) break;
    known.add(above);
    if (overflow(above) > 0) high = above;
    else low = above;
  }
  return low;
}

function nextAbove(x: number, step: number): number {
  return (Math.floor(x / step) + 1) * step;
}
