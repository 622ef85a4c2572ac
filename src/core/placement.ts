import type { Architecture } from "./architecture.js";
import type { Layer } from "./cache.js";
import { FitcheckError } from "./errors.js";
import type { GgmlType } from "./ggml.js";
import type { TensorInfo } from "./model.js";
import type { TensorTable } from "./tensor-table.js";

export interface PlacementRequest {
  /** Blocks in the file, next-token-prediction blocks included (`n_layer_all`). */
  readonly blockCount: number;
  /** `-ngl`: blocks and output counted from the end. */
  readonly gpuLayers: number | "all";
  /** `--n-cpu-moe`: the experts of the first blocks stay on the CPU. */
  readonly cpuMoeLayers: number;
  /** GPUs in order; memory decides the split unless `tensorSplit` does. */
  readonly devices: readonly { readonly totalBytes: number }[];
  /** `-ts`: one share per GPU. */
  readonly tensorSplit?: readonly number[] | undefined;
  /** `-ot`: weights whose names match stay on the CPU. Each is `<pattern>=CPU`. */
  readonly overrideTensors?: readonly string[] | undefined;
}

/** Where everything lies: an index into the GPUs, or `cpu`. */
export interface PlacementPlan {
  readonly cpu: number;
  readonly blockBackends: readonly number[];
  readonly outputBackend: number;
  readonly cpuMoeLayers: number;
  /** Weights that stay on the CPU by name. */
  readonly overrides: readonly RegExp[];
  /** All blocks and the output are on GPUs. */
  readonly fullOffload: boolean;
}

/** Deals blocks and output to the devices as llama.cpp does (`llama_model_base::load_tensors`). */
export function placeBlocks(request: PlacementRequest): PlacementPlan {
  const { blockCount, devices } = request;
  const cpu = devices.length;
  const wanted = request.gpuLayers === "all" ? blockCount + 1 : request.gpuLayers;
  const onGpu = cpu === 0 ? 0 : Math.min(wanted, blockCount + 1);
  const first = blockCount + 1 - onGpu;
  const ends = splitPoints(request);
  const backendOf = (il: number) => {
    if (il < first) return cpu;
    const position = Math.fround(Math.fround(il - first) / onGpu);
    const device = ends.findIndex((end) => end > position);
    return device < 0 ? cpu - 1 : device;
  };
  return {
    cpu,
    blockBackends: Array.from({ length: blockCount }, (_, il) => backendOf(il)),
    outputBackend: backendOf(blockCount),
    cpuMoeLayers: request.cpuMoeLayers,
    overrides: (request.overrideTensors ?? []).map(overridePattern),
    fullOffload: cpu > 0 && wanted > blockCount,
  };
}

/** The pattern of `<pattern>=CPU` (`parse_tensor_buffer_overrides`); no other buffer is known here. */
function overridePattern(override: string): RegExp {
  const end = override.lastIndexOf("=");
  try {
    if (override.slice(end + 1) === "CPU") return new RegExp(override.slice(0, end));
  } catch {
    // answered below
  }
  throw new FitcheckError("BAD_VALUE", `--override-tensor "${override}" is not <pattern>=CPU`);
}

/** Running shares of the devices, in float as llama.cpp sums them. */
function splitPoints(request: PlacementRequest): number[] {
  const given = request.tensorSplit;
  const useGiven = given?.some((share) => share > 0) ?? false;
  const shares = request.devices.map((device, i) => (useGiven ? (given?.[i] ?? 0) : device.totalBytes));
  let sum = 0;
  const running = shares.map((share) => {
    sum = Math.fround(sum + Math.fround(share));
    return sum;
  });
  return running.map((end) => Math.fround(end / sum));
}

/** What the name of a tensor says about where llama.cpp puts it. */
export interface TensorPlace {
  readonly tensor: TensorInfo;
  /** Block number; -1 outside the blocks. */
  readonly block: number;
  readonly role: "input" | "output" | "block" | "experts" | "first-block" | "per-device";
}

/** Rows are looked up on the CPU (`LLM_TENSOR_LAYER_INPUT`). */
const INPUT = new Set([
  "token_embd.weight",
  "position_embd.weight",
  "token_types.weight",
  "per_layer_token_embd.weight",
]);
/** Outside the blocks in the file, but created with the first one (`LLM_TENSOR_LAYER_REPEATING`). */
const WITH_FIRST_BLOCK = new Set([
  "token_embd_norm.weight",
  "token_embd_norm.bias",
  "per_layer_model_proj.weight",
  "per_layer_proj_norm.weight",
]);
/** One copy on every device that holds blocks. */
const PER_DEVICE = new Set(["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"]);
/** `LLM_FFN_EXPS_REGEX`. */
const EXPERTS = /\.ffn_(up|down|gate|gate_up)_(ch|)exps/;
const BLOCK = /^blk\.(\d+)\./;

/** @param finalNorm what the family calls its final norm */
export function classifyTensor(tensor: TensorInfo, finalNorm = "output_norm"): TensorPlace {
  const { name } = tensor;
  const match = BLOCK.exec(name);
  if (match) return { tensor, block: Number(match[1]), role: EXPERTS.test(name) ? "experts" : "block" };
  if (INPUT.has(name)) return { tensor, block: -1, role: "input" };
  if (PER_DEVICE.has(name)) return { tensor, block: -1, role: "per-device" };
  if (WITH_FIRST_BLOCK.has(name) && name !== `${finalNorm}.weight`) return { tensor, block: -1, role: "first-block" };
  return { tensor, block: -1, role: "output" };
}

/** The backend a weight lies on; weights every device copies count for the first. */
export function backendOfTensor(place: TensorPlace, plan: PlacementPlan): number {
  if (isOverridden(place, plan)) return plan.cpu;
  switch (place.role) {
    case "input":
      return plan.cpu;
    case "output":
      return plan.outputBackend;
    case "experts":
      return place.block < plan.cpuMoeLayers ? plan.cpu : (plan.blockBackends[place.block] ?? plan.cpu);
    case "block":
      return plan.blockBackends[place.block] ?? plan.cpu;
    case "first-block":
    case "per-device":
      return plan.blockBackends[0] ?? plan.cpu;
  }
}

/** True when the weight's name keeps it on the CPU. */
export function isOverridden(place: TensorPlace, plan: PlacementPlan): boolean {
  return plan.overrides.length > 0 && plan.overrides.some((pattern) => pattern.test(place.tensor.name));
}

/** A weight and the backend that holds it: most have one, some are copied to several. */
export interface Holding {
  /** Position of the tensor in its list. */
  readonly index: number;
  readonly backend: number;
  /** How much of it there is: the part that counts, or a number of tensors alike. */
  readonly amount: number;
}

/**
 * The same with tensors that are alike as one: hundreds become a dozen.
 * @param alike per tensor the first one that is like it; undefined leaves them single
 */
export function gathered(held: readonly Holding[], alike: readonly number[] | undefined): readonly Holding[] {
  if (!alike) return held;
  const sums = new Map<number, { index: number; backend: number; amount: number }>();
  for (const { index, backend, amount } of held) {
    const first = alike[index] as number;
    const key = backend * alike.length + first;
    const sum = sums.get(key);
    if (sum) sum.amount += amount;
    else sums.set(key, { index: first, backend, amount });
  }
  return [...sums.values()];
}

/**
 * Which weights lie where, whatever their types.
 * @param layers blocks that run: those at the end that only predict further tokens are in the file but not loaded
 */
export function holdings(
  places: readonly TensorPlace[],
  plan: PlacementPlan,
  layers: readonly Layer[],
  architecture: Pick<Architecture, "usesRopeTables" | "outputLoadedFirst" | "headless" | "loadsUnused">,
): Holding[] {
  const holders = new Set(
    plan.blockBackends.filter((_, il) => {
      const layer = layers[il];
      return layer === undefined || (architecture.usesRopeTables?.(layer) ?? true);
    }),
  );
  const made: Holding[] = [];
  let embedding = -1;
  let hasOutput = false;
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as TensorPlace;
    if (place.block >= layers.length && !architecture.loadsUnused?.(place.tensor.name)) continue;
    if (place.role === "per-device") {
      for (const backend of holders) made.push({ index, backend, amount: 1 });
      continue;
    }
    made.push({ index, backend: backendOfTensor(place, plan), amount: 1 });
    if (place.role === "input" && place.tensor.name === "token_embd.weight") embedding = index;
    if (place.role === "output" && place.tensor.name === "output.weight") hasOutput = true;
  }
  // a tied model loads its embedding a second time where the output lies
  if (
    !hasOutput &&
    !architecture.headless &&
    embedding >= 0 &&
    (plan.outputBackend !== plan.cpu || architecture.outputLoadedFirst)
  ) {
    made.push({ index: embedding, backend: plan.outputBackend, amount: 1 });
  }
  return made;
}

/** Weight bytes per backend, the CPU last. */
export function weightsOf(
  held: readonly Holding[],
  types: readonly GgmlType[],
  table: TensorTable,
  cpu: number,
): number[] {
  const bytes = new Array<number>(cpu + 1).fill(0);
  for (let i = 0; i < held.length; i++) {
    const { index, backend, amount } = held[i] as Holding;
    const { onGpu, onHost } = table.bytes(index, types[index] as GgmlType);
    bytes[backend] = (bytes[backend] as number) + amount * (backend === cpu ? onHost : onGpu);
  }
  return bytes;
}
