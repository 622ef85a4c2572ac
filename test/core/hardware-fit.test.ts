import { describe, expect, it } from "vitest";
import { CardFinder } from "../../src/core/hardware-fit.js";
import { DEFAULT_SETTINGS } from "../../src/core/settings.js";
import { weighQuants } from "../../src/core/weigh.js";
import { catalogCards } from "../../src/hardware/cards.js";
import { loadModel } from "../../src/sources/load-model.js";
import { fitcheck } from "../support/io.js";

const contextLength = 16_384;
const finder = new CardFinder(catalogCards(), { ...DEFAULT_SETTINGS, contextLength });
const model = await loadModel("deepseek-r1-distill-mistral-24b");
const [quant] = weighQuants(model, ["Q4_K_M"]);
if (quant === undefined) throw new Error("no Q4_K_M");

describe("the cards that take a model whole", () => {
  const groups = finder.find(quant.model, contextLength);

  it("come smallest first, the cheapest of a size first", () => {
    const sizes = groups.map(({ memoryGiB }) => memoryGiB);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    for (const { cards } of groups) {
      const prices = cards.flatMap(({ priceUsd }) => priceUsd ?? []);
      expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    }
  });

  it("are those the main answer says fit", async () => {
    const yes = groups.flatMap(({ cards }) => cards.map(({ id }) => id));
    const asked = [
      "rtx-4090",
      "rtx-4080",
      "rtx-3090",
      "rx-7900-xt",
      "rtx-3060-12gb",
      "m4-max-40core-48gb",
      "rtx-a5000",
    ];
    for (const id of asked) {
      const { out } = await fitcheck(`${model.id} -q Q4_K_M -c 16k --gpu ${id} --ram 64G --json --exit-zero`);
      expect([id, yes.includes(id)]).toEqual([id, JSON.parse(out).quants[0].verdict === "full"]);
    }
  });

  it("are fewer where they must be comfortable", () => {
    const count = (found: typeof groups): number => found.reduce((sum, { cards }) => sum + cards.length, 0);
    expect(count(finder.find(quant.model, contextLength, "comfortable"))).toBeLessThan(count(groups));
  });
});

describe("fitcheck <model> --hardware", () => {
  it("answers in every format, with an exit code", async () => {
    const line = `${model.id} --hardware -q Q4_K_M,F16 -c 16k`;
    expect((await fitcheck(line)).out).toContain("Cards by memory");
    expect((await fitcheck(`${line} --format markdown`)).out).toContain("| Quant |");
    expect((await fitcheck(`${line} --format csv`)).out.split("\n")).toHaveLength(4);
    const report = JSON.parse((await fitcheck(`${line} --json`)).out);
    expect(report.quants[0].groups[0].cards[0]).toHaveProperty("usableBytes");
    expect((await fitcheck("deepseek-r1 --hardware -q Q8_0")).code).toBe(1);
  });
});
