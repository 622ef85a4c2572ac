/**
 * Breaks text at spaces so that no line is wider than `columns`; a longer word stays whole.
 * Lines after the first begin with `indent`. Without a width the text stays one line.
 */
export function wrap(text: string, columns: number | undefined, indent = ""): string[] {
  return columns === undefined ? [text] : wrapWords(text.split(" "), columns, indent);
}

/** Breaks a command line between its options, as shells allow, so that it can be copied whole. */
export function wrapCommand(command: string, columns: number | undefined, indent: string): string[] {
  if (columns === undefined) return [command];
  const lines = wrapWords(commandParts(command), columns - " \\".length, indent);
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** The words of a command line, an option together with its value. What is quoted stays whole. */
function commandParts(command: string): string[] {
  const parts: string[] = [];
  for (const word of command.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? []) {
    const last = parts.at(-1);
    if (last?.startsWith("-") && !last.includes(" ") && !word.startsWith("-"))
      parts[parts.length - 1] = `${last} ${word}`;
    else parts.push(word);
  }
  return parts;
}

function wrapWords(words: readonly string[], columns: number, indent: string): string[] {
  const lines: string[] = [];
  let [line = "", ...rest] = words;
  for (const word of rest) {
    // Where a line begins anew, spaces before its first word are none.
    if (line === "" && lines.length > 0) line = word === "" ? "" : indent + word;
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line.trimEnd());
      line = word === "" ? "" : indent + word;
    }
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}
