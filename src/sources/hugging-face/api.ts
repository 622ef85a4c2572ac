import { FitcheckError } from "../../core/errors.js";
import type { Environment } from "../environment.js";
import { huggingFaceToken } from "../gguf/hf-token.js";
import { type HttpOptions, request } from "../gguf/http-request.js";
import type { ListedFile } from "../gguf-group.js";

/** Most a listing or a config may take: the largest repositories list a few thousand files. */
const MAX_ANSWER = 20_000_000;
const TOTAL_MS = 30_000;

/** What the Hub says of a repository (`/api/models/<name>?blobs=true`). */
export interface Repository {
  readonly name: string;
  readonly files: readonly ListedFile[];
  /** Weights by element type, as the Hub counts them in safetensors headers (quantized ones packed). */
  readonly elements: ReadonlyMap<string, number>;
}

/** The Hub, or the mirror `HF_ENDPOINT` names. */
export class HubClient {
  private readonly endpoint: string;
  private readonly options: HttpOptions;

  constructor(env: Environment) {
    const given = env.HF_ENDPOINT;
    this.endpoint = (given !== undefined && URL.canParse(given) ? given : "https://huggingface.co").replace(/\/+$/, "");
    this.options = { token: huggingFaceToken(env), totalMs: TOTAL_MS };
  }

  get http(): HttpOptions {
    return this.options;
  }

  /** Where a file of a repository can be read. */
  fileUrl(repository: string, path: string): string {
    return `${this.endpoint}/${repository}/resolve/main/${path.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** @throws FitcheckError SOURCE_FAILED */
  async repository(name: string): Promise<Repository> {
    const url = `${this.endpoint}/api/models/${name}?blobs=true`;
    const info = parse(await this.text(url), url);
    const siblings: unknown = (info as { siblings?: unknown } | null)?.siblings;
    if (!Array.isArray(siblings)) throw new FitcheckError("SOURCE_FAILED", `${url}: the answer lists no files`);
    return { name, files: siblings.flatMap(listed), elements: countedElements(info) };
  }

  /** A small file of a repository as JSON. */
  async json(repository: string, path: string): Promise<unknown> {
    const url = this.fileUrl(repository, path);
    return parse(await this.text(url), url);
  }

  private async text(url: string): Promise<string> {
    const answer = await request(url, 0, MAX_ANSWER, Date.now() + TOTAL_MS, this.options);
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const chunk = new Uint8Array(Math.min(1 << 16, MAX_ANSWER + 1 - total));
      const count = await answer.fill(chunk);
      chunks.push(chunk.subarray(0, count));
      total += count;
      if (count < chunk.length) break;
      if (total > MAX_ANSWER) {
        answer.cancel();
        throw new FitcheckError("SOURCE_FAILED", `${url}: the answer is too long`);
      }
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FitcheckError("SOURCE_FAILED", `${url}: the answer is not JSON`);
  }
}

/** `safetensors.parameters`: `{BF16: 8030261248}`. */
function countedElements(info: unknown): Map<string, number> {
  const counts: unknown = (info as { safetensors?: { parameters?: unknown } | null }).safetensors?.parameters;
  const entries = typeof counts === "object" && counts !== null ? Object.entries(counts) : [];
  return new Map(entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])));
}

/** `{rfilename, size}`; anything else is passed over. */
function listed(sibling: unknown): ListedFile[] {
  const { rfilename: path, size } = (sibling ?? {}) as { rfilename?: unknown; size?: unknown };
  if (typeof path !== "string" || path.split("/").includes("..")) return [];
  return [{ path, bytes: Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : 0 }];
}
