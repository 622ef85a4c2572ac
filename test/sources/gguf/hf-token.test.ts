import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { huggingFaceToken } from "../../../src/sources/gguf/hf-token.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fitcheck-token-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const origin = "https://huggingface.co";

describe("the Hugging Face token", () => {
  it("is the one in HF_TOKEN", () => {
    expect(huggingFaceToken({ HF_TOKEN: " hf_a\n", HF_HOME: folder })).toEqual({ value: "hf_a", origin });
  });

  it("or the one that was saved", () => {
    writeFileSync(join(folder, "token"), "hf_b\n");
    expect(huggingFaceToken({ HF_HOME: folder })).toEqual({ value: "hf_b", origin });
    expect(huggingFaceToken({ HF_TOKEN: "", HF_TOKEN_PATH: join(folder, "token") })).toEqual({ value: "hf_b", origin });
    mkdirSync(join(folder, "huggingface"));
    writeFileSync(join(folder, "huggingface", "token"), "hf_c");
    expect(huggingFaceToken({ XDG_CACHE_HOME: folder })).toEqual({ value: "hf_c", origin });
  });

  it("or none", () => {
    expect(huggingFaceToken({ HF_HOME: folder })).toBeUndefined();
    expect(huggingFaceToken({ HF_TOKEN: "two words", HF_HOME: folder })).toBeUndefined();
    expect(huggingFaceToken({ HF_TOKEN: "hf_a", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeUndefined();
  });

  it("goes to the chosen mirror instead", () => {
    const env = { HF_TOKEN: "hf_a", HF_ENDPOINT: "https://mirror.example/hub" };
    expect(huggingFaceToken(env)?.origin).toBe("https://mirror.example");
    expect(huggingFaceToken({ ...env, HF_ENDPOINT: "nonsense" })?.origin).toBe(origin);
  });
});
