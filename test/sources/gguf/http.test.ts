import { afterEach, describe, expect, it } from "vitest";
import type { FitcheckError } from "../../../src/core/errors.js";
import { parseGgufHeader } from "../../../src/sources/gguf/header.js";
import type { HttpOptions } from "../../../src/sources/gguf/http-request.js";
import { readGgufUrl } from "../../../src/sources/gguf/read.js";
import { buildGguf, scoredVocabulary, tinyLlama, uint32, vocabulary } from "./build.js";
import { type Handler, ranged, rangeOf, redirect, status, TestServer, whole } from "./server.js";

const FILE = buildGguf({ ...tinyLlama(vocabulary(3000, 3000)), withData: true });
const HEADER = parseGgufHeader(FILE, "model.gguf");
const PATH = "/models/model.gguf";

let server: TestServer;
afterEach(() => server.stop());

async function serve(handlers: Readonly<Record<string, Handler>>): Promise<TestServer> {
  server = await TestServer.start(handlers);
  return server;
}

async function read(handler: Handler, options?: HttpOptions) {
  await serve({ [PATH]: handler });
  return readGgufUrl(server.url(PATH), options);
}

const failure = (reading: Promise<unknown>): Promise<FitcheckError> =>
  reading.then(
    () => expect.unreachable("it was answered"),
    (error) => error,
  );

describe("a server with ranges", () => {
  it("is asked for the header only", async () => {
    expect(await read(ranged(FILE))).toEqual(HEADER);
    expect(server.requests.map(({ range }) => range)).toEqual(expect.arrayContaining(["bytes=0-32767"]));
  });

  it.each([
    ["as many merges as tokens", vocabulary(150_000, 150_000)],
    ["twice as many merges", vocabulary(128_000, 280_000)],
    ["a huge vocabulary", vocabulary(262_000, 515_000)],
    ["long tokens", vocabulary(200_000, 200_000, 12)],
    ["short tokens", vocabulary(100_000, 120_000, 2)],
    ["scores instead of merges", scoredVocabulary(32_000)],
    ["many scores", scoredVocabulary(262_000)],
  ])("needs at most 3 requests and 1.3 times the header: %s", async (_, metadata) => {
    const header = buildGguf(tinyLlama(metadata));
    const file = new Uint8Array(header.length + 20_000_000);
    file.set(header);
    const { headerBytes } = await read(ranged(file));
    expect(server.requests.length).toBeLessThanOrEqual(3);
    expect(server.sentBytes / headerBytes).toBeLessThanOrEqual(1.3);
  });

  it("may not say how large the file is", async () => {
    const handler: Handler = (request, response) => {
      const { start, end } = rangeOf(request, FILE.length);
      if (start >= FILE.length) return void response.writeHead(416).end();
      response.writeHead(206, { "content-range": `bytes ${start}-${end}/*` }).end(FILE.subarray(start, end + 1));
    };
    const { presentBytes, ...rest } = HEADER;
    expect(presentBytes).toBe(FILE.length);
    expect(await read(handler)).toEqual(rest);
  });

  it("may send less than it was asked for", async () => {
    const handler: Handler = (request, response) => {
      const { start, end } = rangeOf(request, FILE.length);
      const last = Math.min(end, start + 9999);
      response.writeHead(206, { "content-range": `bytes ${start}-${last}/${FILE.length}` });
      response.end(FILE.subarray(start, last + 1));
    };
    expect(await read(handler)).toEqual(HEADER);
  });

  it("must not send another part than it was asked for", async () => {
    const handler: Handler = (_, response) =>
      response.writeHead(206, { "content-range": `bytes 100-199/${FILE.length}` }).end(FILE.subarray(100, 200));
    expect(await failure(read(handler))).toMatchObject({
      code: "SOURCE_FAILED",
      message: `${server.url(PATH)}: the server sent another part of the file than asked for`,
    });
  });

  it("is told from a file that ends in its header", async () => {
    expect(await failure(read(ranged(FILE.subarray(0, 50_000))))).toMatchObject({ code: "BAD_FILE" });
  });

  it("may have an unfinished file", async () => {
    const header = await read(ranged(FILE.subarray(0, HEADER.headerBytes + 100)));
    expect(header.notes).toEqual([
      { code: "FILE_INCOMPLETE", args: { fileBytes: HEADER.headerBytes + 100, expectedBytes: HEADER.fileBytes } },
    ]);
  });

  it("sends no GGUF", async () => {
    const page = new TextEncoder().encode("<html>Log in</html>");
    expect(await failure(read(ranged(page)))).toMatchObject({
      code: "BAD_FILE",
      message: `${server.url(PATH)}: this is not a GGUF file`,
    });
  });
});

describe("a server without ranges", () => {
  it.each([true, false])("is left when the header is complete (length announced: %s)", async (withLength) => {
    const file = new Uint8Array(FILE.length + 100_000_000);
    file.set(FILE);
    const header = await read(whole(file, withLength));
    expect(header.tensors).toEqual(HEADER.tensors);
    expect(header.presentBytes).toBe(withLength ? file.length : undefined);
    expect(server.requests).toHaveLength(1);
    expect(server.sentBytes).toBeLessThan(file.length / 2);
  });

  it("may be asked again when it breaks off", async () => {
    let answers = 0;
    const handler: Handler = (request, response) => {
      if (answers++ > 0) return whole(FILE)(request, response);
      response.writeHead(200, { "content-length": FILE.length }).write(FILE.subarray(0, 40_000), () => {
        response.destroy();
      });
    };
    expect(await read(handler)).toEqual(HEADER);
    expect(answers).toBe(2);
  });
});

describe("redirects", () => {
  it("are followed once, not for every range", async () => {
    await serve({ "/a": redirect("/b"), "/b": redirect(PATH, 307), [PATH]: ranged(FILE) });
    expect(await readGgufUrl(server.url("/a"))).toEqual(HEADER);
    expect(server.requests.filter(({ path }) => path === "/a")).toHaveLength(1);
    expect(server.requests.filter(({ path }) => path === PATH).length).toBeGreaterThan(1);
  });

  it("without end are an error", async () => {
    await serve({ "/a": redirect("/b"), "/b": redirect("/a") });
    const error = await failure(readGgufUrl(server.url("/a")));
    expect(error.message).toBe(`${server.url("/a")}: the server redirects without end`);
  });

  it("lead nowhere but to web servers", async () => {
    await serve({ "/a": redirect("file:///etc/passwd") });
    expect(await failure(readGgufUrl(server.url("/a")))).toMatchObject({
      code: "SOURCE_FAILED",
      message: `"file:///etc/passwd" is not an http or https address`,
    });
  });

  it("take the token to no other origin", async () => {
    const elsewhere = await TestServer.start({ [PATH]: ranged(FILE) });
    try {
      await serve({ "/a": redirect("/b"), "/b": redirect(elsewhere.url(PATH)) });
      const token = { value: "hf_secret", origin: server.origin };
      expect(await readGgufUrl(server.url("/a"), { token })).toEqual(HEADER);
      expect(server.requests.map(({ authorization }) => authorization)).toEqual([
        "Bearer hf_secret",
        "Bearer hf_secret",
      ]);
      expect(elsewhere.requests.map(({ authorization }) => authorization)).toEqual(
        elsewhere.requests.map(() => undefined),
      );
    } finally {
      await elsewhere.stop();
    }
  });
});

describe("what a server refuses", () => {
  it.each([
    [401, "access denied (401)"],
    [403, "access denied (403)"],
    [404, "there is no such file (404)"],
    [429, "the server answered 429"],
    [500, "the server answered 500"],
  ])("%i", async (code, problem) => {
    const error = await failure(
      read(status(code), { token: { value: "hf_secret", origin: "https://huggingface.co" } }),
    );
    expect(error).toMatchObject({ code: "SOURCE_FAILED", message: `${server.url(PATH)}: ${problem}` });
  });

  it("names neither passwords nor signatures", async () => {
    await serve({ [PATH]: status(403) });
    const url = new URL(`${server.url(PATH)}?signature=secret`);
    url.username = "me";
    url.password = "secret";
    const error = await failure(readGgufUrl(url.href));
    expect(error.message).not.toContain("secret");
    expect(server.requests[0]?.authorization).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
  });

  it("a server that is not there", async () => {
    await serve({});
    const url = server.url(PATH);
    await server.stop();
    expect(await failure(readGgufUrl(url))).toMatchObject({
      code: "SOURCE_FAILED",
      message: `${url}: cannot be reached (ECONNREFUSED)`,
    });
  });
});

describe("a server that is slow", () => {
  const impatient: HttpOptions = { idleMs: 150, totalMs: 400 };
  const tooSlow = { code: "SOURCE_FAILED", message: expect.stringContaining("does not answer or is too slow") };

  it("does not answer", async () => {
    expect(await failure(read(() => {}, impatient))).toMatchObject(tooSlow);
  });

  it("falls silent in the middle", async () => {
    const handler: Handler = (_, response) => {
      response.writeHead(206, { "content-range": `bytes 0-32767/${FILE.length}` }).write(FILE.subarray(0, 100));
    };
    expect(await failure(read(handler, impatient))).toMatchObject(tooSlow);
  });

  it("drips", async () => {
    const handler: Handler = (_, response) => {
      response.writeHead(206, { "content-range": `bytes 0-32767/${FILE.length}` });
      let at = 0;
      const timer = setInterval(() => response.write(FILE.subarray(at, ++at)), 20);
      response.on("close", () => clearInterval(timer));
    };
    const start = performance.now();
    expect(await failure(read(handler, impatient))).toMatchObject(tooSlow);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("breaks off again and again", async () => {
    const handler: Handler = (request, response) => {
      const { start, end } = rangeOf(request, FILE.length);
      response.writeHead(206, {
        "content-range": `bytes ${start}-${end}/${FILE.length}`,
        "content-length": end - start + 1,
      });
      response.write(FILE.subarray(start, start + 10), () => response.destroy());
    };
    expect(await failure(read(handler))).toMatchObject({
      code: "SOURCE_FAILED",
      message: expect.stringContaining("broke off"),
    });
    expect(server.requests.length).toBeLessThan(6);
  });

  it("breaks off once", async () => {
    let answers = 0;
    const handler: Handler = (request, response) => {
      if (answers++ > 0) return ranged(FILE)(request, response);
      const { start, end } = rangeOf(request, FILE.length);
      response.writeHead(206, {
        "content-range": `bytes ${start}-${end}/${FILE.length}`,
        "content-length": end - start + 1,
      });
      response.write(FILE.subarray(start, start + 1000), () => response.destroy());
    };
    expect(await read(handler)).toEqual(HEADER);
  });
});

describe("a split model", () => {
  it("is read part by part", async () => {
    const { metadata = {}, tensors } = tinyLlama(vocabulary(3000, 3000));
    const split = (part: number) => ({
      "split.no": uint32(part),
      "split.count": uint32(2),
      "split.tensors.count": uint32(tensors.length),
    });
    const first = buildGguf({ metadata: { ...metadata, ...split(0) }, tensors: tensors.slice(0, 5), withData: true });
    const second = buildGguf({ metadata: split(1), tensors: tensors.slice(5), withData: true });
    await serve({ "/m-00001-of-00002.gguf": ranged(first), "/m-00002-of-00002.gguf": ranged(second) });
    const header = await readGgufUrl(`${server.url("/m-00002-of-00002.gguf")}?download=true`);
    expect(header.tensors.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    expect(header.presentBytes).toBe(first.length + second.length);
    expect(header.architecture).toBe("llama");
  });
});
