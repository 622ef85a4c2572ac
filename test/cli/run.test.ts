import { describe, expect, it } from "vitest";
import type { QuantReport } from "../../src/core/report.js";
import { fitcheck } from "../support/io.js";

const ASK = 'llama-3.1-8b -q Q4_K_M,Q8_0 -c 4k --gpu "rtx 3060 12gb" --ram 32G';

describe("run", () => {
  it("prints the version", async () => {
    expect(await fitcheck("--version")).toEqual({ code: 0, out: "0.0.0-test\n", err: "" });
  });

  it.each(["--help", "-h", "help"])("prints help for %s", async (line) => {
    const { code, out, err } = await fitcheck(line);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Usage: fitcheck/);
    expect(out).toContain("Exit code:");
  });

  it.each(["models --help", "help models"])("prints the help of a command for %s", async (line) => {
    expect(await fitcheck(line)).toMatchObject({ code: 0, out: expect.stringContaining("Usage: fitcheck models") });
  });

  it("exits 0 where something fits, 1 where nothing does", async () => {
    expect((await fitcheck(ASK)).code).toBe(0);
    expect((await fitcheck("llama-3.1-8b -c 4k --vram 1G --ram 2G")).code).toBe(1);
    expect((await fitcheck("llama-3.1-8b -c 4k --vram 1G --ram 2G --exit-zero")).code).toBe(0);
  });

  it("counts a part on the CPU as fitting when told to", async () => {
    const partly = "llama-3.1-8b -q Q4_K_M -c 4k --vram 4G --ram 32G";
    expect((await fitcheck(partly)).code).toBe(1);
    expect((await fitcheck(`${partly} --require partial`)).code).toBe(0);
  });

  it("reads options from the environment, where the command line does not say otherwise", async () => {
    const settings = async (line: string, env: Record<string, string>) =>
      JSON.parse((await fitcheck(`${line} --json`, { env: { FITCHECK_GPU: "none", ...env } })).out).settings;
    expect(await settings("llama-3.1-8b", { FITCHECK_CTX: "4k", FITCHECK_CACHE_TYPE_K: "q8_0" })).toMatchObject({
      contextLength: 4096,
      cacheTypeK: "q8_0",
      cacheTypeV: "f16",
    });
    expect(
      await settings("llama-3.1-8b -c 2k --kv q4_0", { FITCHECK_CTX: "4k", FITCHECK_CACHE_TYPE_K: "q8_0" }),
    ).toMatchObject({ contextLength: 2048, cacheTypeK: "q4_0", cacheTypeV: "q4_0" });
  });

  it("lists under assumed exactly what was not given", async () => {
    const { out } = await fitcheck(`${ASK} -ctk=q8_0 -np 2 --json`);
    const { assumed } = JSON.parse(out);
    expect(assumed).toContain("cacheTypeV");
    for (const given of ["contextLength", "cacheTypeK", "parallel"]) expect(assumed).not.toContain(given);
  });

  it("has a row per quantization and context", async () => {
    const { out } = await fitcheck("llama-3.1-8b -q Q8_0,Q4_K_M -c 4k,8k,max --vram 12G --ram 32G --json");
    const rows: QuantReport[] = JSON.parse(out).quants;
    expect(rows.map(({ quant }) => quant).join(" ")).toBe("Q8_0 Q8_0 Q8_0 Q4_K_M Q4_K_M Q4_K_M");
    const contexts = [4096, 8192, rows[0]?.maxContextLength ?? 0].sort((a, b) => a - b);
    expect(rows.slice(0, 3).map(({ contextLength }) => contextLength)).toEqual(contexts);
  });

  it("colours only a terminal that may have it", async () => {
    const colored = async (line: string, world: Parameters<typeof fitcheck>[1]) =>
      (await fitcheck(line, world)).out.includes("\u001b[");
    expect(await colored(ASK, {})).toBe(false);
    expect(await colored(ASK, { columns: 80 })).toBe(true);
    expect(await colored(ASK, { columns: 80, env: { NO_COLOR: "1" } })).toBe(false);
    expect(await colored(ASK, { columns: 80, env: { TERM: "dumb" } })).toBe(false);
    expect(await colored(`${ASK} --no-color`, { columns: 80 })).toBe(false);
    expect(await colored(`${ASK} --color`, {})).toBe(true);
    expect(await colored(`${ASK} --json`, { columns: 80 })).toBe(false);
  });

  it("lists and searches models and GPUs", async () => {
    expect((await fitcheck("models mistral")).out).toContain("deepseek-r1-distill-mistral-24b");
    expect((await fitcheck("gpus 4090")).out).toContain("rtx-4090");
    expect(JSON.parse((await fitcheck("gpus 4090 --json")).out).gpus[0]).toMatchObject({ id: "rtx-4090" });
    expect(await fitcheck("models nothing-like-this")).toMatchObject({ code: 1, out: "" });
  });
});
