/** The form in which names are compared: case, spaces, `_` and `-` do not matter. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, "");
}

/** Words of a name, letters and numbers apart: `Qwen2.5-7B_instruct` -> qwen 2.5 7 b instruct. */
export function nameTokens(name: string): string[] {
  return name.toLowerCase().match(/[a-z]+|\d+(?:\.\d+)*/g) ?? [];
}
