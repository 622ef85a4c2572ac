import { malformed } from "./malformed.js";

/** Bytes the parser needs before it can go on. */
export interface ReadRequest {
  readonly offset: number;
  /** Where they go. As many as are expected to finish the header, so that few reads do. */
  readonly target: Uint8Array;
}

/** A computation that pauses whenever its bytes run out, so that any source, synchronous or not, can drive it. */
export type Reading<T> = Generator<ReadRequest, T, void>;

/** The first read: enough to meet the long vocabulary arrays, little enough for headers without one. */
const FIRST_READ = 32 * 1024;
const MIN_READ = 32 * 1024;
/** Bounds the window, and with it the memory a hostile header can claim. */
const MAX_READ = 16 * 1024 * 1024;
/** The longest header worth walking: ten times the largest published ones. */
const MAX_HEADER_BYTES = 256 * 1024 * 1024;
/** Strings per call of the walking loop: calls, unlike endless loops, soon run as optimized code. */
const WALK_AT_ONCE = 1024;

const TWO_32 = 2 ** 32;
const utf8 = new TextDecoder();

export interface CursorOptions {
  /** Bytes in the whole file, when known. */
  readonly size?: number | undefined;
  /** Bytes per read, where many small reads are as good as a large one. */
  readonly cheapRead?: number | undefined;
}

/**
 * A window that moves forward over a GGUF header.
 * The primitive reads (`uint32`...) assume that `need` was called for their bytes.
 */
export class HeaderCursor {
  readonly fileName: string;
  /** Byte order of every number that follows the magic. */
  littleEndian = true;
  /** Bytes in the whole file, when known: nothing in the header may point behind it. */
  size: number | undefined;
  /** Bytes that probably lie between here and the end of the header; kept up to date by the parser. */
  expected = FIRST_READ;

  private readonly maxRead: number;
  private buffer: Uint8Array = new Uint8Array(FIRST_READ);
  private view = new DataView(this.buffer.buffer);
  /** Bytes of the buffer that hold data. */
  private filled = 0;
  /** Place of the buffer's first byte in the file. */
  private start = 0;
  /** Place of the next byte in the buffer; behind `filled` after a long skip. */
  private at = 0;
  private requests = 0;
  private ended = false;

  constructor(fileName: string, options: CursorOptions = {}) {
    this.fileName = fileName;
    this.size = options.size;
    this.maxRead = options.cheapRead ?? MAX_READ;
  }

  /** Position in the file. */
  get offset(): number {
    return this.start + this.at;
  }

  /** Waits until `count` bytes lie in the window. */
  *need(count: number): Reading<void> {
    while (this.at + count > this.filled) {
      const end = this.offset + count;
      if (end > MAX_HEADER_BYTES) throw malformed(this.fileName, "its header is impossibly long");
      if (this.ended || (this.size !== undefined && end > this.size)) {
        throw malformed(this.fileName, "it ends inside its header (an unfinished download?)");
      }
      this.forgetWhatIsRead();
      const target = this.room(this.readLength(count - this.filled));
      yield { offset: this.start + this.filled, target };
    }
  }

  /** Says how much of the last request was filled; nothing means that the file ends there. */
  supplied(count: number): void {
    if (count === 0) this.ended = true;
    this.filled += count;
  }

  private forgetWhatIsRead(): void {
    const held = Math.max(0, this.filled - this.at);
    this.buffer.copyWithin(0, this.filled - held, this.filled);
    this.start += this.at;
    this.filled = held;
    this.at = 0;
  }

  private room(length: number): Uint8Array {
    const needed = this.filled + length;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(needed);
      grown.set(this.buffer.subarray(0, this.filled));
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    return this.buffer.subarray(this.filled, needed);
  }

  private readLength(missing: number): number {
    this.requests++;
    // The second read goes as far as is sure; from the third on a little more, so that it is the last.
    const slack = this.requests > 2 ? this.expected * 0.1 + MIN_READ : 0;
    const wanted = this.requests === 1 ? FIRST_READ : Math.max(MIN_READ, Math.ceil(this.expected + slack));
    const length = Math.max(missing, Math.min(this.maxRead, wanted));
    return this.size === undefined ? length : Math.min(length, this.size - this.start - this.filled);
  }

  /** Moves on without looking; the next `need` finds out whether the bytes exist. */
  skip(count: number): void {
    this.at += count;
  }

  uint8(): number {
    return this.view.getUint8(this.at++);
  }

  int8(): number {
    return this.view.getInt8(this.at++);
  }

  uint16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, this.littleEndian);
  }

  int16(): number {
    this.at += 2;
    return this.view.getInt16(this.at - 2, this.littleEndian);
  }

  uint32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, this.littleEndian);
  }

  int32(): number {
    this.at += 4;
    return this.view.getInt32(this.at - 4, this.littleEndian);
  }

  /** Exact up to 2^53, the nearest double beyond. */
  uint64(): number {
    this.at += 8;
    return this.uint64At(this.at - 8);
  }

  /** Exact up to +-2^53, the nearest double beyond. */
  int64(): number {
    this.at += 8;
    return Number(this.view.getBigInt64(this.at - 8, this.littleEndian));
  }

  float32(): number {
    this.at += 4;
    return this.view.getFloat32(this.at - 4, this.littleEndian);
  }

  float64(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, this.littleEndian);
  }

  text(length: number): string {
    this.at += length;
    return utf8.decode(this.buffer.subarray(this.at - length, this.at));
  }

  private uint64At(at: number): number {
    const first = this.view.getUint32(at, this.littleEndian);
    const second = this.view.getUint32(at + 4, this.littleEndian);
    return this.littleEndian ? second * TWO_32 + first : first * TWO_32 + second;
  }

  /**
   * Walks over `count` strings, building none.
   * `meanwhile` hears before each read how many are left, how many were walked since the last one and their mean bytes.
   */
  *skipStrings(count: number, meanwhile: (left: number, walked: number, meanBytes: number) => void): Reading<void> {
    let left = count;
    while (left > 0) {
      const from = this.offset;
      const before = left;
      let step: number;
      do {
        step = this.walkStrings(Math.min(left, WALK_AT_ONCE));
        left -= step;
      } while (step > 0 && left > 0);
      if (left > 0) {
        const walked = before - left;
        meanwhile(left, walked, walked > 0 ? (this.offset - from) / walked : 0);
        yield* this.need(8);
      }
    }
  }

  /** Steps over up to `count` strings whose length lies in the window, and says how many. */
  private walkStrings(count: number): number {
    const { buffer, littleEndian } = this;
    const lastStart = this.filled - 8;
    let at = this.at;
    let walked = 0;
    while (walked < count && at <= lastStart) {
      // Almost every string is shorter than 256 bytes: a length of one byte and seven zeros.
      const a = buffer[at] as number;
      const b = buffer[at + 7] as number;
      const rest =
        (buffer[at + 1] as number) |
        (buffer[at + 2] as number) |
        (buffer[at + 3] as number) |
        (buffer[at + 4] as number) |
        (buffer[at + 5] as number) |
        (buffer[at + 6] as number);
      if (rest === 0 && (littleEndian ? b : a) === 0) at += 8 + a + b;
      else at += 8 + this.longString(at);
      walked++;
    }
    this.at = at;
    return walked;
  }

  private longString(at: number): number {
    const length = this.uint64At(at);
    if (length > MAX_HEADER_BYTES) throw malformed(this.fileName, "a string of its vocabulary is impossibly long");
    return length;
  }
}
