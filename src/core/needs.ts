import { ENDLESS_GPU } from "./hardware.js";
import { type Card, CardFinder, type CardGroup } from "./hardware-fit.js";
import type { Model } from "./model.js";
import { Planner } from "./planner.js";
import type { MemoryEstimate } from "./report.js";
import type { Settings } from "./settings.js";
import { weighQuants } from "./weigh.js";

/** What one quantization needs at one context. */
export interface QuantNeeds {
  readonly quant: string;
  readonly contextLength: number;
  readonly fileBytes: number;
  /** Everything on one GPU; `vramBytes` is its total and the margin. */
  readonly required: MemoryEstimate;
  readonly vramBytes: number;
  /** RAM beside such a GPU, and without any. */
  readonly ramBytes: number;
  readonly ramWithoutGpuBytes: number;
  /** The smallest cards that take it whole, of one size of memory; absent when no single card does. */
  readonly cards?: CardGroup;
}

/** The memory every quantization needs at every context, and the smallest cards that have it. Pure. */
export function neededMemory(
  model: Model,
  settings: Settings,
  contexts: readonly number[],
  cards: readonly Card[],
  quants?: readonly string[],
): QuantNeeds[] {
  const planner = new Planner(ENDLESS_GPU, settings);
  const finder = new CardFinder(cards, settings);
  return weighQuants(model, quants).flatMap(({ quant, model: weighed, fileBytes }) =>
    contexts.map((contextLength) => {
      const required = planner.memory(weighed, contextLength);
      const [smallest] = finder.find(weighed, contextLength);
      return {
        quant,
        contextLength,
        fileBytes,
        required,
        vramBytes: (required.devices[0]?.totalBytes ?? 0) + settings.marginBytes,
        ramBytes: required.host.totalBytes,
        ramWithoutGpuBytes: planner.memoryOnCpu(weighed, contextLength).host.totalBytes,
        ...(smallest ? { cards: smallest } : {}),
      };
    }),
  );
}
