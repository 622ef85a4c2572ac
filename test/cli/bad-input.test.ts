import { describe, expect, it } from "vitest";
import { fitcheck } from "../support/io.js";

describe("bad input", () => {
  it.each<[line: string, code: string]>([
    ["nosuchmodel --gpu none", "UNKNOWN_MODEL"],
    ['"" --gpu none', "BAD_VALUE"],
    ["--gpu none", "BAD_VALUE"],
    ['llama-3.1-8b --gpu "rtx 9999"', "UNKNOWN_GPU"],
    ['llama-3.1-8b --gpu ""', "BAD_VALUE"],
    ["llama-3.1-8b --ctx -5", "BAD_VALUE"],
    ["llama-3.1-8b --ctx 1e99", "BAD_VALUE"],
    ["llama-3.1-8b --ctx 0 --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b --vram abc", "BAD_VALUE"],
    ["llama-3.1-8b --vram -1G", "BAD_VALUE"],
    ["llama-3.1-8b --ram lots --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b --margin x --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b -ctk q9 --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b -np 0 --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b -q Q99 --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b:Q99 --gpu none", "UNKNOWN_MODEL"],
    ["llama-3.1-8b --format xml --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b --runtime winamp --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b --require everything --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b --bogus", "BAD_VALUE"],
    ["llama-3.1-8b --ctx", "BAD_VALUE"],
    ["llama 3.1 8b", "BAD_VALUE"],
    ["recommend --task poetry --gpu none", "BAD_VALUE"],
    ["help poetry", "BAD_VALUE"],
    ["llama-3.1-8b --ctx 16.3 --gpu none", "BAD_VALUE"],
    ["llama-3.1-8b --vram 24", "BAD_VALUE"],
    ["llama-3.1-8b --gpu 4090 --gpu 3090", "BAD_VALUE"],
    ["llama-3.1-8b --vram=24G --vram 12G", "BAD_VALUE"],
    ["llama-3.1-8b --gpu 1000x4090", "BAD_VALUE"],
    ["llama-3.1-8b --gpu 2x4090 -ts 1,2,3", "BAD_VALUE"],
    ["llama-3.1-8b --gpu 4090 -fa -q Q4_K_M", "BAD_VALUE"],
    ["llama-3.1-8b --ram 0", "BAD_VALUE"],
    ["models --size 30..7", "BAD_VALUE"],
    [`${"x".repeat(5000)} --gpu none`, "UNKNOWN_MODEL"],
    [`llama-3.1-8b --gpu ${"x".repeat(5000)}`, "UNKNOWN_GPU"],
    [`./${"x".repeat(5000)} --gpu none`, "BAD_FILE"],
    ["no\u001b[31mmodel --gpu none", "UNKNOWN_MODEL"],
  ])("%s: one clear line and exit 2", async (line, code) => {
    const people = await fitcheck(line);
    expect(people).toMatchObject({ code: 2, out: "" });
    expect(people.err).toMatch(/^(fitcheck: .+\n(Did you mean:\n( {2}.+\n){1,5})?(Hint: .+\n)?|Usage: )/);
    expect(people.err).not.toMatch(/^\s+at /m);
    expect(people.err).not.toContain("\u001b");
    for (const each of people.err.split("\n")) expect(each.length).toBeLessThan(400);

    const script = await fitcheck(`${line} --json`.replace("--format xml", ""));
    if (line.includes("--format")) return;
    const { schemaVersion, error } = JSON.parse(script.out);
    expect([script.code, schemaVersion, error.code]).toEqual([2, 1, code]);
    expect(error.suggestions.length).toBeLessThanOrEqual(5);
  });

  it("takes a quantization asked for twice as one", async () => {
    const { out } = await fitcheck("llama-3.1-8b -q q4_k_m,Q4_K_M --gpu none --ram 32G --json");
    expect(JSON.parse(out).quants).toHaveLength(1);
  });

  it("keeps what it says within the terminal", async () => {
    for (const line of ["nosuchmodel", "llama-3.1-8b --gpu 4099", "help", "gpus 4090", "explain llama-3.1-8b"]) {
      const { out, err } = await fitcheck(line, { columns: 80 });
      for (const each of `${out}${err}`.split("\n")) expect(each.length).toBeLessThanOrEqual(80);
    }
  });

  it("names the option nearest to a mistyped one", async () => {
    expect((await fitcheck("llama-3.1-8b --ctxx 4k")).err).toContain("--ctx\n");
  });

  it("answers a context beyond the trained length, with a note", async () => {
    const { code, out } = await fitcheck("llama-3.1-8b -q Q4_K_M -c 256k --gpu none --ram 256G --json");
    expect(code).toBe(1);
    expect(JSON.parse(out).notes).toContainEqual(expect.objectContaining({ code: "CONTEXT_ABOVE_TRAINED" }));
  });

  it("does not take an object's own words for values", async () => {
    for (const word of ["__proto__", "constructor", "toString"]) {
      for (const line of [`${word} --gpu none`, `llama-3.1-8b --gpu ${word}`, `llama-3.1-8b --gpu none -ctk ${word}`]) {
        expect((await fitcheck(line)).err).not.toContain("bug");
      }
    }
  });
});
