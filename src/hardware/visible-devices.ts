import type { Note } from "../core/note.js";
import type { NvidiaCard } from "./nvidia-smi.js";
import type { Variables } from "./process.js";

const VARIABLE = "CUDA_VISIBLE_DEVICES";

/**
 * The cards that CUDA shows to programs started from here, by `CUDA_VISIBLE_DEVICES`: numbers or
 * beginnings of UUIDs; the first that names nothing ends the list, as in CUDA. Numbers count the fastest
 * card first unless `CUDA_DEVICE_ORDER=PCI_BUS_ID`, so among unlike cards they are not followed.
 */
export function visibleCards(
  cards: readonly NvidiaCard[],
  env: Variables,
): { cards: readonly NvidiaCard[]; notes: readonly Note[] } {
  const value = env[VARIABLE]?.trim();
  if (value === undefined || cards.length === 0) return { cards, notes: [] };
  const args = { variable: VARIABLE, value };
  const items = value.split(",").map((item) => item.trim());
  // A MIG slice belongs to a card that is divided; which one is found with its slices.
  if (items.some((item) => item.startsWith("MIG-"))) return { cards, notes: [] };
  const alike = new Set(cards.map((card) => card.name)).size === 1 || env.CUDA_DEVICE_ORDER === "PCI_BUS_ID";
  if (!alike && items.some((item) => /^\d+$/.test(item))) {
    return { cards, notes: [{ code: "VISIBLE_DEVICES_UNCLEAR", args }] };
  }
  const visible: NvidiaCard[] = [];
  for (const item of items) {
    const card = /^\d+$/.test(item)
      ? cards.find((one) => one.index === Number(item))
      : cards.find((one) => item.startsWith("GPU-") && one.uuid?.startsWith(item));
    if (card === undefined) break;
    if (!visible.includes(card)) visible.push(card);
  }
  return { cards: visible, notes: visible.length < cards.length ? [{ code: "VISIBLE_DEVICES", args }] : [] };
}
