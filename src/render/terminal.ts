/** Where the text goes, as far as its shape depends on it. */
export interface Terminal {
  /** Width to keep to; undefined in a pipe or a file, where nothing is dropped or wrapped. */
  readonly columns: number | undefined;
  /** May the text carry ANSI colour? */
  readonly color: boolean;
}
