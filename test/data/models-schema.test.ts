import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelJsonSchema, modelSchema } from "../../src/sources/model-schema.js";
import { DATA, offenders } from "./models.js";

test("every model has the shape the schema describes", () => {
  const broken = offenders(({ entry }) => {
    const { error } = modelSchema.safeParse(entry);
    return error?.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ");
  });
  expect(broken).toEqual([]);
});

test("the shipped JSON Schema is the schema (node scripts/schemas.mjs)", () => {
  const shipped = readFileSync(new URL("schema/model.schema.json", DATA), "utf8");
  expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(modelJsonSchema())));
});
