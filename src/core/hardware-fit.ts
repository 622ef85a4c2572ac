import type { Backend, Device, Hardware } from "./hardware.js";
import { COMFORTABLE_SHARE, fits, overflow } from "./judge.js";
import type { WeightedModel } from "./memory.js";
import { Planner } from "./planner.js";
import type { MemoryEstimate } from "./report.js";
import type { Settings } from "./settings.js";

/** One card of the GPU catalog, as a machine with nothing else in it. */
export interface Card {
  readonly id: string;
  readonly name: string;
  /** Suggested price at launch in US dollars, where known. */
  readonly priceUsd?: number;
  readonly laptop: boolean;
  /** As sold; a driver may report a little less. */
  readonly memoryGiB: number;
  readonly device: Device;
}

/** The cards with one size of memory that take a model whole. */
export interface CardGroup {
  /** As sold, in GiB. */
  readonly memoryGiB: number;
  readonly cards: readonly Card[];
}

/** A card that takes everything while this share of its memory stays free is comfortable. */
export type Room = "margin" | "comfortable";

/**
 * Which cards take a model whole, the margin left free. The estimate differs between backends only, so it is made
 * once for each of them.
 */
export class CardFinder {
  private readonly cards: readonly Card[];
  private readonly settings: Settings;
  private readonly planners = new Map<Backend, Planner>();

  constructor(cards: readonly Card[], settings: Settings) {
    this.cards = cards;
    this.settings = settings;
  }

  /** Smallest first: by memory, and of the same memory the cheapest at launch first, cards without a price last. */
  find(model: WeightedModel, contextLength: number, room: Room = "margin"): CardGroup[] {
    const memories = new Map<Backend, MemoryEstimate>();
    const groups = new Map<number, Card[]>();
    for (const card of this.cards) {
      const { backend } = card.device;
      const memory = memories.get(backend) ?? this.planner(card).memory(model, contextLength);
      memories.set(backend, memory);
      if (!this.takes(card, memory, room)) continue;
      groups.set(card.memoryGiB, [...(groups.get(card.memoryGiB) ?? []), card]);
    }
    return [...groups]
      .sort(([a], [b]) => a - b)
      .map(([memoryGiB, cards]) => ({ memoryGiB, cards: cards.sort(cheapestFirst) }));
  }

  private planner(card: Card): Planner {
    const { backend } = card.device;
    const planner = this.planners.get(backend) ?? new Planner(machineOf(card), this.settings);
    this.planners.set(backend, planner);
    return planner;
  }

  private takes(card: Card, memory: MemoryEstimate, room: Room): boolean {
    const { usableBytes } = card.device;
    const margin =
      room === "margin"
        ? this.settings.marginBytes
        : Math.max(this.settings.marginBytes, COMFORTABLE_SHARE * usableBytes);
    return fits(overflow(memory, machineOf(card), margin));
  }
}

/** Unified memory is all a machine has; beside a card of its own memory, RAM is not the question. */
function machineOf(card: Card): Hardware {
  const { device } = card;
  const totalBytes = device.memory === "unified" ? device.totalBytes : Number.MAX_SAFE_INTEGER;
  return { source: "given", devices: [device], host: { totalBytes }, notes: [] };
}

function cheapestFirst(a: Card, b: Card): number {
  const price = (card: Card): number => card.priceUsd ?? Number.POSITIVE_INFINITY;
  const [first, second] = [price(a), price(b)];
  return first === second ? (a.id < b.id ? -1 : 1) : first - second;
}
