import { describe, expect, it } from "vitest";
import { fitcheck } from "../support/io.js";

const FLAGSHIP = 'deepseek-r1-mistral-24b --ctx 16k --gpu "rtx 4090" --ram 64G';

/**
 * Whole runs, as a user sees them: the command line, both streams and the exit code.
 * A change of the estimate or of the words shows up here; `vitest -u` accepts it.
 */
describe("transcripts", () => {
  it.each<[file: string, line: string, columns?: number]>([
    ["flagship-pipe", FLAGSHIP],
    ["flagship-40", FLAGSHIP, 40],
    ["flagship-80", FLAGSHIP, 80],
    ["flagship-200", FLAGSHIP, 200],
    ["flagship-markdown", `${FLAGSHIP} -q Q4_K_M,Q6_K --format markdown`],
    ["flagship-csv", `${FLAGSHIP} -q Q4_K_M,Q6_K --format csv`],
    ["flagship-json", `${FLAGSHIP} -q Q4_K_M --json`],
    ["contexts", 'llama-3.1-8b -q Q4_K_M,Q8_0 -c 4k,32k,max --gpu "rtx 3060 12gb" --ram 32G', 80],
    ["two-gpus", "llama-3.3-70b -q Q4_K_M -c 8k --gpu 2x3090 --ram 64G", 80],
    ["experts", 'gpt-oss-20b --gpu "rtx 4060 8gb" --ram 32G', 120],
    ["apple", 'qwen3-30b-a3b -q Q4_K_M --gpu "m3 max 64gb"', 80],
    ["cpu-only", "llama-3.2-3b -q Q4_K_M --gpu none --ram 16G", 80],
    ["changes", 'deepseek-r1-mistral-24b -q Q8_0 -c 32k --gpu "rtx 4090" --ram 64G', 120],
    ["gpu-needed", "llama-3.1-8b -q Q4_K_M,Q8_0 -c 16k --gpu-needed", 80],
    ["chart", 'llama-3.1-8b -q Q4_K_M --chart --gpu "rtx 3060 12gb" --ram 32G', 80],
    ["nothing-fits", "llama-3.1-8b -q Q4_K_M --vram 1G --ram 2G", 80],
    [
      "settings",
      'llama-3.1-8b -q Q4_K_M -c 32k --gpu "rtx 4090" --ram 64G -ctk=q8_0 -ctv q5_1 -np 4 -ub 256 -ngl 20',
      80,
    ],
    ["card", "card deepseek-r1-distill-llama-8b -q Q8_0,Q4_K_M,Q3_K_M", 100],
    ["card-markdown", "card gpt-oss-20b --format markdown"],
    ["compare", 'compare qwen3-8b llama-3.1-8b gemma-3-12b -c 16k --gpu "rtx 4060" --ram 32G', 80],
    ["hardware", `${FLAGSHIP.split(" --gpu")[0]} --hardware -q Q4_K_M,Q8_0`, 80],
    ["reasoning", 'qwen3-8b -q Q4_K_M --reasoning hard --gpu "rtx 4060" --ram 32G', 80],
    ["models-filtered", "models --task code --size 5..16 --license commercial", 100],
    ["unknown-model", "llama-3.1-9b"],
    ["unknown-gpu", 'llama-3.1-8b --gpu "rtx 4091"'],
    ["help", "--help", 80],
  ])("%s", async (file, line, columns) => {
    const { code, out, err } = await fitcheck(line, {
      ...(columns === undefined ? {} : { columns }),
      env: { NO_COLOR: "1" },
    });
    const streams = [out, err === "" ? "" : `--- stderr\n${err}`].join("");
    const where = columns === undefined ? "into a pipe" : `in a terminal of ${columns} columns`;
    await expect(`$ fitcheck ${line}    (${where})\n${streams}--- exit ${code}\n`).toMatchFileSnapshot(`${file}.txt`);
  });
});
