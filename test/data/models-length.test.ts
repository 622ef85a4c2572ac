import { expect, test } from "vitest";
import { offenders } from "./models.js";

test("a model's file is less than 200 lines", () => {
  expect(
    offenders(({ text }) => {
      const lines = text.split("\n").length - 1;
      return lines < 200 ? undefined : `${lines} lines`;
    }),
  ).toEqual([]);
});
