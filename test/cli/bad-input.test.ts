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
  ])("%s: one clear line and exit 2", async (line, code) => {
    const people = await fitcheck(line);
    expect(people).toMatchObject({ code: 2, out: "" });
    expect(people.err).toMatch(/^(fitcheck: .+\n(Did you mean:\n( {2}.+\n){1,5})?(Hint: .+\n)?|Usage: )/);
    expect(people.err).not.toMatch(/^\s+at /m);

    const script = await fitcheck(`${line} --json`.replace("--format xml", ""));
    if (line.includes("--format")) return;
    const { schemaVersion, error } = JSON.parse(script.out);
    expect([script.code, schemaVersion, error.code]).toEqual([2, 1, code]);
    expect(error.suggestions.length).toBeLessThanOrEqual(5);
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
