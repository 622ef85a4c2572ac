import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FitcheckError } from "../../src/core/errors.js";
import { GiB, MiB, padTo, parseBytes, parseInteger, parseTokens } from "../../src/core/units.js";

describe("parseBytes", () => {
  it.each([
    ["24GiB", 24 * GiB],
    ["24G", 24 * GiB],
    ["24GB", 24e9],
    ["24 gb", 24e9],
    ["512M", 512 * MiB],
    ["1.5GiB", 1.5 * GiB],
    ["0", 0],
    ["24b", 24],
    ["25757220864", 25757220864],
    ["2T", 2048 * GiB],
  ])("reads %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(["abc", "", "-1G", "1e99", "24XB", "NaN", "Infinity", "24GiB24", "9999999T", "1,5G", "24", "1024"])(
    "refuses %j",
    (text) => {
      expect(() => parseBytes(text, "--vram")).toThrow(FitcheckError);
    },
  );

  it("gives whole bytes for whatever it accepts", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 900, noNaN: true }),
        fc.constantFrom("G", "GB", "MiB", "b"),
        (value, unit) => {
          expect(Number.isSafeInteger(parseBytes(`${value.toFixed(3)}${unit}`))).toBe(true);
        },
      ),
    );
  });
});

describe("parseTokens", () => {
  it.each([
    ["16384", 16384],
    ["16k", 16384],
    ["16K", 16384],
    ["1M", 1048576],
    ["1.5k", 1536],
  ])("reads %s", (text, tokens) => {
    expect(parseTokens(text)).toBe(tokens);
  });

  it.each(["-5", "0", "1e99", "abc", "", "16kk", "999999999999"])("refuses %j", (text) => {
    expect(() => parseTokens(text, "--ctx")).toThrow(/--ctx/);
  });
});

it("parseInteger names the bounds", () => {
  expect(parseInteger("4", "--parallel", 1, 8)).toBe(4);
  expect(() => parseInteger("9", "--parallel", 1, 8)).toThrow("from 1 to 8");
});

it("padTo never goes down and ends on a multiple", () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 4096 }), (value, step) => {
      const padded = padTo(value, step);
      expect(padded >= value && padded - value < step && padded % step === 0).toBe(true);
    }),
  );
});
