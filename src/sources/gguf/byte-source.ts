/** Bytes at a place: a local file, a URL, a buffer. */
export interface ByteSource {
  /** What messages call it: a path or an address without credentials. */
  readonly name: string;
  /** Bytes in total; undefined while unknown (a server may only say so with its first answer). */
  readonly size: number | undefined;
  /**
   * Up to `length` bytes from `offset`; fewer only where the data ends, none at or behind its end.
   * @throws FitcheckError SOURCE_FAILED or BAD_FILE when the place cannot be read
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
