import { malformed } from "./malformed.js";

/** Bytes the parser needs before it can go on. */
export interface ReadRequest {
  readonly offset: number;
  /** As many as are expected to finish the header, so that few reads do. */
  readonly length: number;
}

/** A computation that pauses whenever its bytes run out, so that any source, synchronous or not, can drive it. */
export type Reading<T> = Generator<ReadRequest, T, void>;

/** The first read: enough to meet the long vocabulary arrays, little enough for headers without one. */
const FIRST_READ = 32 * 1024;
const MIN_READ = 32 * 1024;
/** Bounds the window, and with it the memory a hostile header can claim. */
const MAX_READ = 16 * 1024 * 1024;
/** The longest header worth walking: ten times the largest published ones. */
export const MAX_HEADER_BYTES = 256 * 1024 * 1024;

const TWO_32 = 2 ** 32;
const utf8 = new TextDecoder();

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

  private window: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.window.buffer);
  private windowStart = 0;
  private at = 0;
  private requests = 0;
  private ended = false;

  constructor(fileName: string, size?: number) {
    this.fileName = fileName;
    this.size = size;
  }

  /** Position in the file. */
  get offset(): number {
    return this.windowStart + this.at;
  }

  /** Waits until `count` bytes lie in the window. */
  *need(count: number): Reading<void> {
    while (this.at + count > this.window.length) {
      const end = this.offset + count;
      if (end > MAX_HEADER_BYTES) throw malformed(this.fileName, "its header is impossibly long");
      if (this.ended || (this.size !== undefined && end > this.size)) {
        throw malformed(this.fileName, "it ends inside its header (an unfinished download?)");
      }
      const held = Math.max(0, this.window.length - this.at);
      yield { offset: this.offset + held, length: this.readLength(count - held) };
    }
  }

  /** Adds the bytes of the last request behind what is left of the window; none means that the file ends there. */
  supply(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      this.ended = true;
      return;
    }
    const rest = this.window.subarray(Math.min(this.at, this.window.length));
    this.windowStart = this.offset;
    this.at = 0;
    if (rest.length === 0) {
      this.window = bytes;
    } else {
      this.window = new Uint8Array(rest.length + bytes.length);
      this.window.set(rest);
      this.window.set(bytes, rest.length);
    }
    this.view = new DataView(this.window.buffer, this.window.byteOffset, this.window.length);
  }

  private readLength(missing: number): number {
    this.requests++;
    if (this.requests === 1) return Math.max(FIRST_READ, missing);
    // The second read goes as far as is sure; from the third on a little more, so that it is the last.
    const wanted = this.requests === 2 ? this.expected : this.expected * 1.1 + MIN_READ;
    return Math.max(missing, Math.min(MAX_READ, Math.max(MIN_READ, Math.ceil(wanted))));
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
    const first = this.uint32();
    const second = this.uint32();
    return this.littleEndian ? second * TWO_32 + first : first * TWO_32 + second;
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
    return utf8.decode(this.window.subarray(this.at - length, this.at));
  }

  /** Walks over `count` strings, building none; `meanwhile` hears before each read how many are left and their recent mean size. */
  *skipStrings(count: number, meanwhile: (left: number, meanBytes: number | undefined) => void): Reading<void> {
    let left = count;
    const lengthAt = this.littleEndian ? 0 : 4;
    const highAt = 4 - lengthAt;
    while (left > 0) {
      const view = this.view;
      const lastStart = this.window.length - 8;
      const from = this.at;
      const before = left;
      let at = this.at;
      while (left > 0 && at <= lastStart) {
        const length = view.getUint32(at + lengthAt, this.littleEndian);
        if (view.getUint32(at + highAt, this.littleEndian) !== 0) {
          throw malformed(this.fileName, "a string of its vocabulary is impossibly long");
        }
        at += 8 + length;
        left--;
      }
      this.at = at;
      if (left > 0) {
        const walked = before - left;
        meanwhile(left, walked > 0 ? (at - from) / walked : undefined);
        yield* this.need(8);
      }
    }
  }
}
