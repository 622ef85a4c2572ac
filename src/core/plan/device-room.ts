import type { Hardware } from "../hardware.js";
import { hostBytes } from "../judge.js";
import type { ExpertPart, LayerBytes } from "../layer-bytes.js";
import { overheadBytes } from "../overhead.js";
import { placeBlocks } from "../placement.js";
import type { Settings } from "../settings.js";
import { type Candidate, type ExpertBlocks, hasExpertsInRam, layersOf } from "./candidate.js";

/**
 * How many layers the devices hold beside given compute buffers, by the bytes of the blocks: sums only, nothing
 * is estimated. `compute` is bytes per device throughout.
 */
export class DeviceRoom {
  readonly bytes: LayerBytes;
  /** Blocks of the model, the output not counted. */
  readonly blocks: number;
  private readonly hardware: Hardware;
  private readonly settings: Settings;

  constructor(bytes: LayerBytes, blocks: number, hardware: Hardware, settings: Settings) {
    this.bytes = bytes;
    this.blocks = blocks;
    this.hardware = hardware;
    this.settings = settings;
  }

  /** True when weights and cache alone are more than all memory together: no placement needs trying. */
  exceedsEverything(): boolean {
    const rooms = this.hardware.devices.map((device, d) => (device.memory === "discrete" ? this.room(d) : 0));
    const memory = rooms.reduce((total, room) => total + Math.max(room, 0), 0) + hostBytes(this.hardware);
    return this.bytes.everything > memory;
  }

  /** Every layer on a GPU with these experts in RAM; undefined where that does not fit. */
  allLayers(compute: readonly number[], inRam: ExpertBlocks): Candidate | undefined {
    const counts = this.fill(compute, inRam);
    return layersOf(counts) > this.blocks ? { counts, inRam } : undefined;
  }

  /** As many layers as fit: the last device takes what it holds, then the one before it. */
  fill(compute: readonly number[], inRam: ExpertBlocks): number[] {
    if (this.settings.tensorSplit) return this.mostDealt(compute, inRam);
    const counts = this.hardware.devices.map(() => 0);
    let block = this.blocks;
    for (let d = counts.length - 1; d >= 0; d--) {
      let room = this.room(d) - this.bytes.perDevice - (compute[d] ?? 0);
      for (; block >= 0; block--) {
        room -= this.blockBytes(block, inRam);
        if (room < 0) break;
        counts[d] = (counts[d] ?? 0) + 1;
      }
    }
    return counts;
  }

  /** The most layers that fit when the user's own split deals them. */
  private mostDealt(compute: readonly number[], inRam: ExpertBlocks): number[] {
    for (let layers = this.blocks + 1; layers > 0; layers--) {
      const counts = this.dealt(layers);
      if (this.roughlyFits({ counts, inRam }, compute)) return counts;
    }
    return this.hardware.devices.map(() => 0);
  }

  /** How many of `gpuLayers` layers each device gets by the user's split, or by size. */
  dealt(gpuLayers: number): number[] {
    const devices = this.hardware.devices.map((device) => ({ totalBytes: device.usableBytes }));
    const { tensorSplit } = this.settings;
    const plan = placeBlocks({ blockCount: this.blocks, gpuLayers, cpuMoeLayers: 0, devices, tensorSplit });
    const counts = devices.map(() => 0);
    for (const backend of [...plan.blockBackends, plan.outputBackend]) {
      if (backend < plan.cpu) counts[backend] = (counts[backend] ?? 0) + 1;
    }
    return counts;
  }

  /**
   * Do the blocks fit beside these compute buffers? Without any, false means for certain that they do not.
   * @param more weights of experts in RAM that are on the GPU after all
   */
  roughlyFits(candidate: Candidate, compute: readonly number[], more: readonly ExpertPart[] = []): boolean {
    let block = this.blocks + 1 - layersOf(candidate.counts);
    return candidate.counts.every((count, d) => {
      let room = this.room(d) - (compute[d] ?? 0);
      for (const end = block + count; block < end; block++) {
        room -= this.blockBytes(block, candidate.inRam);
        for (const part of more) if (part.block === block) room -= part.bytes;
      }
      return room >= 0;
    });
  }

  private blockBytes(block: number, inRam: ExpertBlocks): number {
    const { dense, experts, cache, output } = this.bytes;
    if (block === this.blocks) return output;
    const onGpu = hasExpertsInRam(block, inRam, this.blocks) ? 0 : (experts[block] ?? 0);
    return (dense[block] ?? 0) + (cache[block] ?? 0) + onGpu;
  }

  /** Bytes of device `d` for blocks and compute. */
  private room(d: number): number {
    const device = this.hardware.devices[d];
    return device ? device.usableBytes - this.settings.marginBytes - overheadBytes(device.backend) : 0;
  }
}
