/** Bytes at a place: a local file, a URL, a buffer. */
export interface ByteSource {
  /** What messages call it: a path or an address without credentials. */
  readonly name: string;
  /** Bytes in total; undefined while unknown (a server may only say so with its first answer). */
  readonly size: number | undefined;
  /** Set where reads are cheap: more bytes at once gain nothing. Otherwise few and large reads are best. */
  readonly cheapRead?: number;
  /**
   * Fills `target` with the bytes from `offset` on.
   * @returns how many bytes there were; fewer than asked for only where the data ends
   * @throws FitcheckError SOURCE_FAILED or BAD_FILE when the place cannot be read
   */
  read(offset: number, target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}
