import { type Handler, ranged, TestServer } from "../gguf/server.js";

/** A Hub on this machine. What it serves may change while it runs. */
export interface FakeHub {
  readonly server: TestServer;
  readonly handlers: Record<string, Handler>;
  /** Serves a repository with these files. */
  publish(name: string, files: Readonly<Record<string, Uint8Array>>): void;
}

export async function startHub(): Promise<FakeHub> {
  const handlers: Record<string, Handler> = {};
  const server = await TestServer.start(new Proxy({}, { get: (_, path) => handlers[String(path)] }));
  return {
    server,
    handlers,
    publish(name, files) {
      const siblings = Object.entries(files).map(([rfilename, bytes]) => ({ rfilename, size: bytes.length }));
      handlers[`/api/models/${name}`] = json({ id: name, siblings });
      for (const [path, bytes] of Object.entries(files)) handlers[`/${name}/resolve/main/${path}`] = ranged(bytes);
    },
  };
}

/** A JSON answer, as the Hub's API gives it: whole, whatever range was asked for. */
export function json(value: unknown): Handler {
  return (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
}
