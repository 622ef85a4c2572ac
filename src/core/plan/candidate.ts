import type { ExpertPart } from "../layer-bytes.js";
import type { MemoryEstimate } from "../report.js";
import type { Settings } from "../settings.js";

/** Where to put blocks, experts and cache; the rest of the settings stays. */
export interface Position {
  readonly gpuLayers: number | "all";
  readonly cpuMoeLayers: number;
  readonly tensorSplit?: readonly number[] | undefined;
  readonly overrideTensors?: readonly string[] | undefined;
  /** Absent: as the settings say. */
  readonly kvOffload?: boolean;
}

/** A placement that fits the GPUs, with its exact memory. */
export interface Plan {
  readonly position: Position;
  readonly memory: MemoryEstimate;
}

/** A placement to try: layers per device, the output counted as the last layer. */
export interface Candidate {
  readonly counts: readonly number[];
  /** Blocks whose experts are all in RAM. */
  readonly inRam: ExpertBlocks;
  /** Experts of further blocks, as far as those stay on the GPU. */
  readonly divided?: Division;
}

/** So many blocks from one end of the model: the first ones (`--n-cpu-moe`) or the last ones (`-ot`). */
export interface ExpertBlocks {
  readonly count: number;
  readonly last?: boolean;
}

/** Blocks of which some expert weights are on the GPU and some in RAM. */
export interface Division {
  readonly onGpu: readonly ExpertPart[];
  readonly inRam: readonly ExpertPart[];
}

export const NO_EXPERTS: ExpertBlocks = { count: 0 };

/** Are the experts of this block of a model of so many blocks in RAM? */
export function hasExpertsInRam(block: number, { count, last }: ExpertBlocks, blocks: number): boolean {
  return last ? block >= blocks - count : block < count;
}

/** The candidate as llama.cpp's options say it. */
export function positionOf(
  { counts, inRam, divided }: Candidate,
  blocks: number,
  { tensorSplit }: Settings,
  kvOffload: boolean,
): Position {
  const split = tensorSplit ?? (counts.length > 1 ? counts : undefined);
  const overrides = inRam.last ? lastBlocks(blocks, inRam.count) : [];
  if (divided) overrides.push(...dividedBlocks(divided.inRam));
  return {
    gpuLayers: layersOf(counts),
    cpuMoeLayers: inRam.last ? 0 : inRam.count,
    kvOffload,
    ...(split ? { tensorSplit: split } : {}),
    ...(overrides.length > 0 ? { overrideTensors: overrides } : {}),
  };
}

/** Layers on all devices together. */
export function layersOf(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** The experts of the last blocks, as `-ot` names them. */
function lastBlocks(blocks: number, count: number): string[] {
  const numbers = Array.from({ length: count }, (_, i) => blocks - count + i);
  return count === 0 ? [] : [`blk\\.(${numbers.join("|")})\\.ffn_(up|down|gate_up|gate)_(ch|)exps=CPU`];
}

/** Single expert weights, as `-ot` names them. */
function dividedBlocks(parts: readonly ExpertPart[]): string[] {
  const blocks = [...new Set(parts.map((part) => part.block))];
  return blocks.map((block) => {
    const names = parts.filter((part) => part.block === block).map((part) => part.name);
    return `blk\\.${block}\\.(${names.join("|")})=CPU`;
  });
}
