/** Longest unit of blocks looked for: hybrid models repeat every 4 to 8. */
const LONGEST_UNIT = 12;
/** Repetitions that are kept at least; the allocator cycles after one or two, so the number stays odd or even. */
const KEPT = 4;

/** How often the unit of `length` items at `start` follows itself, itself included. */
function repetitions(items: readonly string[], start: number, length: number): number {
  let count = 1;
  for (let i = start + length; i + length <= items.length; i += length) {
    for (let j = 0; j < length; j++) if (items[i + j] !== items[start + j]) return count;
    count++;
  }
  return count;
}

/**
 * Positions that remain when long repetitions are shortened to 4 or 5, as many as leave the number odd
 * or even. The first ones go, the last ones stay.
 */
export function withoutRepetitions(items: readonly string[]): number[] {
  const kept: number[] = [];
  let at = 0;
  while (at < items.length) {
    let unit = 1;
    let count = 1;
    for (let length = 1; length <= LONGEST_UNIT; length++) {
      const found = repetitions(items, at, length);
      if (found > 1 && found * length > unit * count) {
        unit = length;
        count = found;
      }
    }
    const keep = count < KEPT ? count : KEPT + ((count - KEPT) % 2);
    for (let i = at + (count - keep) * unit; i < at + count * unit; i++) kept.push(i);
    at += count * unit;
  }
  return kept;
}
