import { FitcheckError } from "../../core/errors.js";
import type { Environment } from "../environment.js";
import type { ByteSource } from "../gguf/byte-source.js";
import { huggingFaceToken } from "../gguf/hf-token.js";
import { type HttpOptions, publicName } from "../gguf/http-request.js";
import { openUrl } from "../gguf/http-source.js";
import type { ListedFile } from "../gguf-group.js";

/** Most a listing may take: repositories of a thousand files take a few hundred kilobytes. */
const MAX_LISTING = 4_000_000;
const TOTAL_MS = 30_000;

/** What the Hub says of a repository (`/api/models/<name>?blobs=true`). */
export interface Repository {
  readonly name: string;
  readonly files: readonly ListedFile[];
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

  /** Where a file's bytes are read, by ranges. */
  open(repository: string, path: string): ByteSource {
    return openUrl(this.fileUrl(repository, path), this.options);
  }

  /** @throws FitcheckError SOURCE_FAILED */
  async repository(name: string): Promise<Repository> {
    const url = `${this.endpoint}/api/models/${name}?blobs=true`;
    const text = await this.text(url, MAX_LISTING);
    let info: { readonly siblings?: unknown } | null;
    try {
      info = JSON.parse(text);
    } catch {
      throw failed(url, "the answer is not JSON");
    }
    if (!Array.isArray(info?.siblings)) throw failed(url, "the answer lists no files");
    return { name, files: info.siblings.flatMap(listed) };
  }

  /**
   * A small file of a repository.
   *
   * @throws FitcheckError SOURCE_FAILED, also when it has more than `most` bytes
   */
  file(repository: string, path: string, most: number): Promise<string> {
    return this.text(this.fileUrl(repository, path), most);
  }

  private async text(url: string, most: number): Promise<string> {
    const source = openUrl(url, this.options);
    try {
      const bytes = new Uint8Array(most + 1);
      const count = await source.read(0, bytes);
      if (count > most) throw failed(url, "the answer is too long");
      return new TextDecoder().decode(bytes.subarray(0, count));
    } finally {
      await source.close();
    }
  }
}

function failed(url: string, problem: string): FitcheckError {
  return new FitcheckError("SOURCE_FAILED", `${publicName(url)}: ${problem}`);
}

/** `{rfilename, size}`; anything else is passed over. */
function listed(sibling: unknown): ListedFile[] {
  const { rfilename: path, size } = (sibling ?? {}) as { rfilename?: unknown; size?: unknown };
  if (typeof path !== "string" || path.split("/").includes("..")) return [];
  return [{ path, bytes: Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : 0 }];
}
