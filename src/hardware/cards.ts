import type { Card } from "../core/hardware-fit.js";
import { GiB } from "../core/units.js";
import { loadGpuCatalog } from "./catalog.js";
import { givenHardware } from "./given.js";

/** RAM of a machine whose RAM is not the question. */
const HOST = { totalBytes: 64 * GiB };

let cards: readonly Card[] | undefined;

/** Every card of the catalog whose memory is known, as `--gpu` would understand it. */
export function catalogCards(): readonly Card[] {
  cards ??= readCards();
  return cards;
}

function readCards(): Card[] {
  return loadGpuCatalog().flatMap((gpu) => {
    // A chip that uses whatever RAM the computer has is no size of its own.
    if (gpu.memoryBytes === undefined || gpu.vendor === "qualcomm") return [];
    const [device] = givenHardware({ gpu: gpu.id }, HOST).devices;
    if (device === undefined) return [];
    return [
      {
        id: gpu.id,
        name: gpu.name,
        ...(gpu.priceUsd === undefined ? {} : { priceUsd: gpu.priceUsd }),
        laptop: gpu.laptop,
        memoryGiB: gpu.memoryBytes / GiB,
        device,
      },
    ];
  });
}
