/** A caveat of an answer: a stable code plus its figures. The words are chosen in `render/`. */
export interface Note {
  readonly code: string;
  readonly args: Readonly<Record<string, string | number>>;
}
