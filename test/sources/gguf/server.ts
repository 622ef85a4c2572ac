import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline, Readable } from "node:stream";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Logged {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** A web server on this machine that remembers what it was asked and how many bytes it gave. */
export class TestServer {
  readonly requests: Logged[] = [];
  sentBytes = 0;
  private readonly server: Server;

  private constructor(handlers: Readonly<Record<string, Handler>>) {
    this.server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      const { range, authorization } = request.headers;
      this.requests.push({ path, range, authorization });
      this.countBytes(response);
      (handlers[path] ?? status(404))(request, response);
    });
  }

  private countBytes(response: ServerResponse): void {
    for (const method of ["write", "end"] as const) {
      const original = response[method].bind(response) as (...values: unknown[]) => never;
      response[method] = (...values: unknown[]) => {
        if (values[0] instanceof Uint8Array) this.sentBytes += values[0].length;
        return original(...values);
      };
    }
  }

  static async start(handlers: Readonly<Record<string, Handler>>): Promise<TestServer> {
    const server = new TestServer(handlers);
    await new Promise<void>((resolve) => server.server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  url(path: string): string {
    return `${this.origin}${path}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function status(code: number): Handler {
  return (_, response) => response.writeHead(code).end();
}

export function redirect(location: string, code = 302): Handler {
  return (_, response) => response.writeHead(code, { location }).end();
}

/** `bytes=2-5` of a request, with its end bounded to the file. */
export function rangeOf(request: IncomingMessage, size: number): { start: number; end: number } {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  return { start: Number(match?.[1] ?? 0), end: Math.min(size - 1, Number(match?.[2] ?? size - 1)) };
}

/** Serves a file as web servers do. */
export function ranged(file: Uint8Array): Handler {
  return (request, response) => {
    const { start, end } = rangeOf(request, file.length);
    if (start >= file.length) {
      response.writeHead(416, { "content-range": `bytes */${file.length}` }).end();
      return;
    }
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end}/${file.length}`,
      "content-length": end - start + 1,
    });
    response.end(file.subarray(start, end + 1));
  };
}

/** Sends the whole file whatever was asked, in pieces and only as fast as they are taken. */
export function whole(file: Uint8Array, withLength = true): Handler {
  return (_, response) => {
    response.writeHead(200, withLength ? { "content-length": file.length } : {});
    // The reader leaves when it has what it needs; that is no error here.
    pipeline(Readable.from(pieces(file)), response, () => {});
  };
}

function* pieces(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < file.length; at += 16_384) yield file.subarray(at, at + 16_384);
}
