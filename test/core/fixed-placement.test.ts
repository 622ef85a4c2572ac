import { describe, expect, it } from "vitest";
import { fitcheck } from "../support/io.js";

const row = async (line: string) => {
  const { out } = await fitcheck(`${line} --gpu 4090 --ram 64G -q Q4_K_M --json`);
  return JSON.parse(out).quants[0];
};

describe("a placement the user decides", () => {
  it.each(["--n-cpu-moe 5", "-ot nosuchname=CPU"])("keeps nothing in RAM where %s names nothing", async (option) => {
    expect(await row(`llama-3.1-8b ${option}`)).toMatchObject({ verdict: "full", grade: "A" });
  });

  it("leaves out of `required` what -ot says of the plan", async () => {
    const [all, plan] = await Promise.all([row("qwen3-30b-a3b"), row("qwen3-30b-a3b -ot exps=CPU")]);
    expect(plan).toMatchObject({ verdict: "partial", required: all.required });
    expect(plan.placement.overrideTensors).toEqual(["exps=CPU"]);
    expect(plan.placement.memory.host.weightsBytes).toBeGreaterThan(all.required.host.weightsBytes);
  });

  it("says what stays in RAM", async () => {
    const words = async (pattern: string) =>
      (await fitcheck(`qwen3-30b-a3b -q Q4_K_M -ot ${pattern}=CPU --gpu 4090 --ram 64G`)).out;
    expect(await words("exps")).toContain("some experts in RAM");
    expect(await words("attn_q")).toContain("some weights in RAM");
    expect(await words("attn_q")).toContain("override attn_q=CPU");
  });
});
