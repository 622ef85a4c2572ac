import { FitcheckError } from "../../core/errors.js";
import { quoted } from "./malformed.js";

export interface HttpOptions {
  /** An access token and the one origin, `https://huggingface.co`, that may see it. */
  readonly token?: { readonly value: string; readonly origin: string } | undefined;
  /** Longest wait for the next piece of an answer, the first included. */
  readonly idleMs?: number;
  /** Longest time for everything that is read from one address. */
  readonly totalMs?: number;
}

const IDLE_MS = 15_000;
const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** The address as messages may show it: signed links carry secrets in their query, some addresses a password. */
export function publicName(url: string): string {
  const { protocol, host, pathname } = parse(url);
  return `${protocol}//${host}${pathname}`;
}

/**
 * Asks for `length` bytes from `offset`.
 * @throws FitcheckError SOURCE_FAILED
 */
export async function request(
  url: string,
  offset: number,
  length: number,
  givesUpAt: number,
  options: HttpOptions,
): Promise<HttpAnswer> {
  const patience = new Patience(publicName(url), options.idleMs ?? IDLE_MS, givesUpAt);
  const { response, finalUrl } = await follow(url, `bytes=${offset}-${offset + length - 1}`, patience, options);
  const range = contentRange(response);
  const answer = (status: HttpAnswer["status"], totalBytes: number | undefined, bytes: number | undefined) =>
    new HttpAnswer({ status, url: finalUrl, totalBytes, bytes }, response, patience);
  switch (response.status) {
    case 200: {
      const bytes = wholeNumber(response.headers.get("content-length"));
      return answer("whole", bytes, bytes);
    }
    case 206:
      if (range.start !== offset) {
        await abandon(response, patience);
        throw failed(patience.name, "the server sent another part of the file than asked for");
      }
      return answer("range", range.total, range.bytes);
    case 416:
      await abandon(response, patience);
      return answer("behind-end", range.total, 0);
    default:
      await abandon(response, patience);
      throw refused(response.status, patience.name, new URL(finalUrl).host);
  }
}

async function abandon(response: Response, patience: Patience): Promise<void> {
  patience.end();
  await response.body?.cancel();
}

/** Follows redirects itself, so that the token goes to no other host and later requests can skip the detour. */
async function follow(
  url: string,
  range: string,
  patience: Patience,
  options: HttpOptions,
): Promise<{ response: Response; finalUrl: string }> {
  let current = parse(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    // Identity: the sizes in a range are those of the file, not of its compressed form.
    const headers: Record<string, string> = { range, "accept-encoding": "identity" };
    const authorization = authorizationFor(current, options.token);
    if (authorization) headers["authorization"] = authorization;
    const target = withoutCredentials(current);
    const response = await patience.wait(fetch(target, { headers, redirect: "manual", signal: patience.signal }));
    const location = response.headers.get("location");
    if (!REDIRECTS.includes(response.status) || location === null) return { response, finalUrl: current.href };
    await response.body?.cancel();
    current = parse(location, current);
  }
  patience.end();
  throw failed(patience.name, "the server redirects without end");
}

function parse(url: string, base?: URL): URL {
  const parsed = URL.canParse(url, base?.href) ? new URL(url, base) : undefined;
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return parsed;
  throw new FitcheckError("SOURCE_FAILED", `${quoted(url)} is not an http or https address`);
}

/** The user's token for its origin, or what the address itself carries (`https://user:password@host/`). */
function authorizationFor(url: URL, token: HttpOptions["token"]): string | undefined {
  if (token && token.origin === url.origin) return `Bearer ${token.value}`;
  if (!url.username) return undefined;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

interface AnswerInfo {
  /** `whole`: the server knows no ranges and starts at the beginning. */
  readonly status: "range" | "whole" | "behind-end";
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Bytes in the whole file, when the server says so. */
  readonly totalBytes: number | undefined;
  /** Bytes of this answer, when the server says so. */
  readonly bytes: number | undefined;
}

/** What a server sends for one request, read piece by piece. */
export class HttpAnswer implements AnswerInfo {
  readonly status: AnswerInfo["status"];
  readonly url: string;
  readonly totalBytes: number | undefined;
  readonly bytes: number | undefined;
  private readonly patience: Patience;
  private readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private received = 0;
  private ended = false;
  private torn = false;
  /** What arrived and was not asked for yet. */
  private left: Uint8Array = new Uint8Array(0);

  constructor(info: AnswerInfo, response: Response, patience: Patience) {
    this.status = info.status;
    this.url = info.url;
    this.totalBytes = info.totalBytes;
    this.bytes = info.bytes;
    this.patience = patience;
    this.reader = info.status === "behind-end" ? undefined : response.body?.getReader();
  }

  /** The connection tore, or ended before everything the server had announced. */
  get broken(): boolean {
    return this.torn || (this.ended && this.received < (this.bytes ?? 0));
  }

  /** Copies what comes next into `target`, as far as it goes. */
  async fill(target: Uint8Array): Promise<number> {
    let count = 0;
    while (count < target.length && (await this.hasMore())) {
      const piece = this.left.subarray(0, target.length - count);
      target.set(piece, count);
      count += piece.length;
      this.left = this.left.subarray(piece.length);
    }
    return count;
  }

  /** Passes over bytes, as far as the answer goes. */
  async skip(bytes: number): Promise<number> {
    let skipped = 0;
    while (skipped < bytes && (await this.hasMore())) {
      const step = Math.min(this.left.length, bytes - skipped);
      skipped += step;
      this.left = this.left.subarray(step);
    }
    return skipped;
  }

  cancel(): void {
    this.patience.end();
    // A connection that we tear ourselves reports an error that nobody needs.
    this.reader?.cancel().catch(() => {});
  }

  private async hasMore(): Promise<boolean> {
    while (this.left.length === 0 && !this.ended) {
      // What was announced has come: the connection is free again without waiting for its end.
      if (!this.reader || this.received >= (this.bytes ?? Number.POSITIVE_INFINITY)) {
        this.ended = true;
        break;
      }
      const piece = await this.patience.wait(this.reader.read(), () => {
        this.torn = true;
        return undefined;
      });
      if (!piece || piece.done) this.ended = true;
      else {
        this.left = piece.value;
        this.received += piece.value.length;
      }
    }
    return this.left.length > 0;
  }
}

/** Waits for a server, but neither forever nor for one that drips. */
class Patience {
  readonly name: string;
  readonly signal: AbortSignal;
  private readonly idleMs: number;
  private readonly givesUpAt: number;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(name: string, idleMs: number, givesUpAt: number) {
    this.name = name;
    this.signal = this.controller.signal;
    this.idleMs = idleMs;
    this.givesUpAt = givesUpAt;
  }

  /** @param torn what a broken connection stands for; without it, it is an error */
  async wait<T, U = never>(piece: Promise<T>, torn?: () => U): Promise<T | U> {
    clearTimeout(this.timer);
    const rest = this.givesUpAt - Date.now();
    this.timer = setTimeout(() => this.controller.abort(), Math.max(0, Math.min(this.idleMs, rest)));
    try {
      return await piece;
    } catch (error) {
      if (this.signal.aborted) throw failed(this.name, "the server does not answer or is too slow");
      if (torn) return torn();
      throw failed(this.name, `cannot be reached (${reason(error)})`);
    } finally {
      clearTimeout(this.timer);
    }
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

function failed(name: string, problem: string): FitcheckError {
  return new FitcheckError("SOURCE_FAILED", `${name}: ${problem}`);
}

function refused(status: number, name: string, host: string): FitcheckError {
  switch (status) {
    case 401:
    case 403: {
      const hint =
        host === "huggingface.co"
          ? "Private and gated models need a token in HF_TOKEN (or `hf auth login`), and gated ones your agreement on their page."
          : "The server wants a login or a link that is still valid.";
      return new FitcheckError("SOURCE_FAILED", `${name}: access denied (${status})`, { hint });
    }
    case 404:
    case 410:
      return failed(name, `there is no such file (${status})`);
    default:
      return failed(name, `the server answered ${status}`);
  }
}

/** System and library codes are short and say enough: ENOTFOUND, ECONNREFUSED, UND_ERR_SOCKET. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "connection failed";
}

/** `bytes 0-1023/4096`, or with `*` for what is unknown. */
function contentRange(response: Response): Partial<Record<"start" | "bytes" | "total", number | undefined>> {
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  const [start, end, total] = [match?.[1], match?.[2], match?.[3]].map(wholeNumber);
  return { start, bytes: start === undefined || end === undefined ? undefined : end - start + 1, total };
}

function wholeNumber(text: string | null | undefined): number | undefined {
  const value = text && /^\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
