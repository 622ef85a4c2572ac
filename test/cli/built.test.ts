import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";

const CLI = "bin/fitcheck.js";
const ASK = [CLI, "llama-3.1-8b", "--gpu", "rtx 4090", "--ram", "32G"];
/** Nothing but the way to node: no HOME, no TERM. */
const BARE = { PATH: process.env["PATH"] ?? "" };

/** The built CLI as a program of its own: what only a real process shows. */
describe("the built CLI", () => {
  beforeAll(() => {
    if (!existsSync("dist/cli.cjs")) throw new Error("nothing is built: npm run build");
  });

  it("answers without HOME, without colour in a pipe, and exits as it should", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ASK, { env: BARE, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("Recommended:");
    expect(stdout).not.toContain("\u001b");
  });

  it("loads what is only sometimes needed, from the code cache too", () => {
    for (const _ of [1, 2]) {
      const { status, stderr } = spawnSync(process.execPath, [CLI, "llama-3.1-9b"], { env: BARE, encoding: "utf8" });
      expect(status).toBe(2);
      expect(stderr).toContain("Did you mean:\n  llama-3");
    }
  });

  it("finds a folder that is named without ./", () => {
    const { stderr } = spawnSync(process.execPath, [CLI, "test/fixtures", "--gpu", "none"], {
      env: BARE,
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^fitcheck: test\/fixtures holds \d+ models\n/);
  });

  it("runs the same without its code cache", () => {
    const [cached, plain] = [BARE, { ...BARE, NODE_DISABLE_COMPILE_CACHE: "1" }].map((env) =>
      spawnSync(process.execPath, ASK, { env, encoding: "utf8" }),
    );
    expect(plain?.stdout).toBe(cached?.stdout);
  });

  it.skipIf(process.platform === "win32")("takes a reader that stops reading for no error", () => {
    const line = `"$0" ${CLI} models --json | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", line, process.execPath], {
      env: BARE,
      encoding: "utf8",
    });
    expect([stdout, stderr]).toEqual(["{\n0\n", ""]);
  });

  it("writes long output whole", () => {
    const { stdout } = spawnSync(process.execPath, [CLI, "models", "--json"], { env: BARE, encoding: "utf8" });
    expect(JSON.parse(stdout).models.length).toBeGreaterThan(40);
    const all = [...ASK, "-c", "1k,2k,4k,8k,16k,32k,64k", "--json"];
    const { quants } = JSON.parse(spawnSync(process.execPath, all, { env: BARE, encoding: "utf8" }).stdout);
    expect(quants.length).toBeGreaterThan(100);
  });
});
