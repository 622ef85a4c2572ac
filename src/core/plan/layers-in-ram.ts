import type { Settings } from "../settings.js";
import { type Candidate, type ExpertBlocks, layersOf } from "./candidate.js";
import type { DeviceRoom } from "./device-room.js";
import type { Trials, Tried } from "./trials.js";

/**
 * As many layers as possible on the GPUs, the last ones first.
 * @param inRam experts that stay in RAM whatever the layers do
 * @param guess bytes of the compute buffer per device
 */
export function mostLayers(
  room: DeviceRoom,
  trials: Trials,
  settings: Settings,
  inRam: ExpertBlocks,
  guess: readonly number[],
): Tried | undefined {
  const start = trials.converge((compute) => {
    const counts = room.fill(compute, inRam);
    return layersOf(counts) > 0 ? { counts, inRam } : undefined;
  }, guess);
  return trials.climb(room, start, (found) => withOneMoreLayer(found, room, settings));
}

/** One more on each device in turn, then as llama.cpp itself would deal them; the user's own split leaves no choice. */
function withOneMoreLayer({ counts, inRam }: Tried, room: DeviceRoom, settings: Settings): Candidate[] {
  const layers = layersOf(counts) + 1;
  if (layers > room.blocks + 1) return [];
  const bySize = { counts: room.dealt(layers), inRam };
  if (settings.tensorSplit || counts.length === 1) return [bySize];
  const each = counts.map((_, d) => counts.map((count, i) => (i === d ? count + 1 : count)));
  return [...each.map((more) => ({ counts: more, inRam })), bySize];
}
