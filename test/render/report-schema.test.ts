import { expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { FitReport } from "../../src/core/report.js";
import { errorSchema, reportSchema } from "../../src/render/report-schema.js";
import { fitcheck } from "../support/io.js";
import { REPORT } from "../support/report.js";

it("describes the type of the report", () => {
  expectTypeOf<keyof FitReport>().toEqualTypeOf<keyof z.infer<typeof reportSchema>>();
  expectTypeOf<keyof FitReport["settings"]>().toEqualTypeOf<keyof z.infer<typeof reportSchema>["settings"]>();
  expect(reportSchema.parse(REPORT)).toEqual(REPORT);
});

it.each([
  "llama-3.1-8b --gpu none --ram 16G",
  'llama-3.1-8b --gpu "rtx 4090" -c 4k,max -np 2',
  "gpt-oss-20b --gpu 2x3090 --ram 64G -ngl all --n-cpu-moe 3 -ts 2,1",
  'qwen3-30b-a3b --gpu "m3 max 64gb"',
])("holds for %s", async (line) => {
  const report = JSON.parse((await fitcheck(`${line} --json`)).out);
  // Equal to what the schema keeps: it names every field there is.
  expect(reportSchema.parse(report)).toEqual(report);
  expect(JSON.stringify(report)).not.toContain("null");
});

it("holds for errors", async () => {
  const error = JSON.parse((await fitcheck("nosuchmodel --json --gpu none")).out);
  expect(errorSchema.parse(error)).toEqual(error);
});
