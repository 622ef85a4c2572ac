import { FitcheckError } from "../../core/errors.js";
import type { ByteSource } from "./byte-source.js";
import { type HttpAnswer, type HttpOptions, publicName, request } from "./http-request.js";

/** Times a transfer that breaks off is taken up again where it stopped. */
const MAX_RESUMES = 2;

/**
 * A file on a web server, read by range requests. A server that knows no ranges sends the whole file:
 * then its one answer is read on from place to place, and left when the header is complete.
 * @throws FitcheckError SOURCE_FAILED, with the reason in one line and without what may be secret in the address
 */
export function openUrl(url: string, options: HttpOptions = {}): ByteSource {
  return new HttpSource(url, options);
}

class HttpSource implements ByteSource {
  readonly name: string;
  size: number | undefined;
  private readonly options: HttpOptions;
  private readonly givesUpAt: number;
  /** Where the file really is, after redirects: later requests go there at once. */
  private url: string;
  /** The answer of a server without ranges, and the place up to which it was read. */
  private whole: { readonly answer: HttpAnswer; place: number } | undefined;

  constructor(url: string, options: HttpOptions) {
    this.url = url;
    this.name = publicName(url);
    this.options = options;
    this.givesUpAt = Date.now() + (options.totalMs ?? 60_000);
  }

  async read(offset: number, target: Uint8Array): Promise<number> {
    let filled = 0;
    let resumes = 0;
    while (filled < target.length) {
      const answer = await this.answerAt(offset + filled, target.length - filled);
      if (!answer) break;
      const count = await answer.fill(target.subarray(filled));
      filled += count;
      if (this.whole) this.whole.place += count;
      if (filled === target.length) break;
      // An answer may be shorter than asked for, and then the rest is asked for; but not again and again.
      if (answer.broken || count === 0) this.giveUpAfter(++resumes);
      if (this.whole && !answer.broken) break;
      this.whole = undefined;
    }
    return filled;
  }

  async close(): Promise<void> {
    this.whole?.answer.cancel();
    this.whole = undefined;
  }

  /** An answer whose next byte is the one at `offset`; undefined behind the end of the file. */
  private async answerAt(offset: number, length: number): Promise<HttpAnswer | undefined> {
    if (this.size !== undefined && offset >= this.size) return undefined;
    if (this.whole && this.whole.place <= offset) return this.skipTo(offset);
    await this.close();
    const answer = await request(this.url, offset, length, this.givesUpAt, this.options);
    this.url = answer.url;
    this.size = answer.totalBytes ?? this.size;
    if (answer.status === "behind-end") return undefined;
    if (answer.status === "range") return answer;
    this.whole = { answer, place: 0 };
    return this.skipTo(offset);
  }

  private async skipTo(offset: number): Promise<HttpAnswer | undefined> {
    const { whole } = this;
    if (!whole) return undefined;
    whole.place += await whole.answer.skip(offset - whole.place);
    return whole.place === offset || whole.answer.broken ? whole.answer : undefined;
  }

  private giveUpAfter(resumes: number): void {
    if (resumes > MAX_RESUMES) throw new FitcheckError("SOURCE_FAILED", `${this.name}: the transfer broke off`);
  }
}
