import type { Architecture } from "./architecture.js";
import type { CacheTypes, ContextShape, Layer } from "./cache.js";
import type { GgmlType } from "./ggml.js";
import { type PeakWatch, planBuffers } from "./graph/allocator.js";
import { cpuBackend, cudaBackend, cudaBuffer, hostBuffer, OFFLOAD_MIN_BATCH } from "./graph/cuda.js";
import { withoutRepetitions } from "./graph/repetition.js";
import { type Backend, Scheduler } from "./graph/scheduler.js";
import { GraphBuilder } from "./graph-builder.js";
import type { Hyperparameters } from "./hyperparameters.js";
import { backendOfTensor, isOverridden, type PlacementPlan, type TensorPlace } from "./placement.js";
import type { FlashAttention } from "./settings.js";

export interface ComputeRequest {
  readonly architecture: Architecture;
  readonly hp: Hyperparameters;
  readonly layers: readonly Layer[];
  /** Position of a tensor by name, and by position where it lies and its type. */
  readonly index: ReadonlyMap<string, number>;
  readonly places: readonly TensorPlace[];
  readonly types: readonly GgmlType[];
  /** See `kindsOfBlocks`. */
  readonly blockKinds: readonly number[];
  readonly placement: PlacementPlan;
  readonly shape: ContextShape;
  readonly cacheTypes: CacheTypes;
  readonly flashAttention: FlashAttention;
  readonly kvOffload: boolean;
  /** Build every block instead of one of each kind. Slower, for checking that it makes no difference. */
  readonly everyBlock?: boolean;
  readonly watch?: PeakWatch | undefined;
}

export interface ComputeResult {
  /** Compute buffer per backend in bytes, the CPU's last. */
  readonly bytes: readonly number[];
  /** What `auto` came to. */
  readonly flashAttention: boolean;
}

/**
 * Sizes the compute buffers: builds the graph of the largest batch, assigns it to the backends and
 * plays ggml's allocator over it (`llama_context::graph_reserve`).
 */
export function computeBuffers(request: ComputeRequest): ComputeResult {
  const { placement, kvOffload } = request;
  const { cpu } = placement;
  let flashAttention = request.flashAttention !== "off";
  let builder = build(request, flashAttention);
  if (request.flashAttention === "auto" && !flashAttentionStays(request, builder)) {
    flashAttention = false;
    builder = build(request, flashAttention);
  }
  const overridden = placement.cpuMoeLayers > 0 || placement.overrides.length > 0;
  const pipeline = cpu > 1 && placement.fullOffload && kvOffload && !overridden;
  const plan = new Scheduler(backendsOf(placement), pipeline).plan(builder);
  const rules = [...Array.from({ length: cpu }, () => cudaBuffer), hostBuffer];
  return { bytes: planBuffers(plan, rules, request.watch), flashAttention };
}

function backendsOf({ cpu }: PlacementPlan): Backend[] {
  return [...Array.from({ length: cpu }, (_, i) => cudaBackend(i)), cpuBackend];
}

/**
 * Whether every layer's flash attention would run where the layer lies. llama.cpp looks where it ends up in a
 * batch of one token per sequence (`resolve_fused_ops`). That is with its layer if the device supports it, except
 * where recurrent states lie elsewhere and pull it along, where so many sequences leave the CPU, where a norm over
 * that many heads does and no cache of the layer's own lies between it and the attention, or where a block without
 * feed-forward has no weights to hold it.
 */
function flashAttentionStays(request: ComputeRequest, builder: GraphBuilder): boolean {
  const { placement, layers, kvOffload, shape } = request;
  const { cpu } = placement;
  const supported = builder.flashNodes.every(
    ({ node, backend }) => backend === cpu || cudaBackend(backend).supports(node),
  );
  const someOnCpu = placement.blockBackends.includes(cpu);
  const recurrent = layers.some((layer) => layer.caches.some((cache) => cache.kind === "recurrent"));
  const sharing = layers.some((layer) => layer.sharesCacheOf !== undefined);
  const rows = shape.sequences * (sharing ? request.hp.number("attention.head_count") : 1);
  const held = rows < OFFLOAD_MIN_BATCH && !lacksFeedForward(request);
  const certain = recurrent ? kvOffload && !someOnCpu : !someOnCpu || held;
  if (!supported || certain || cpu === 0) return supported;
  const { sequences } = shape;
  const probe = build({ ...request, shape: { ...shape, tokens: sequences, outputs: sequences } }, true);
  new Scheduler(backendsOf(placement), false).plan(probe);
  return probe.flashNodes.every(({ node, backend }) => node.backend === backend);
}

function lacksFeedForward({ hp, layers }: ComputeRequest): boolean {
  const key = "feed_forward_length";
  return hp.isArray(key) && layers.some((_, il) => hp.numberAt(key, il) === 0);
}

function build(request: ComputeRequest, flashAttention: boolean): GraphBuilder {
  const { placement } = request;
  const builder = new GraphBuilder({
    hp: request.hp,
    layers: request.layers,
    tensor: (name) => {
      const index = request.index.get(name);
      if (index === undefined) return undefined;
      const { shape } = (request.places[index] as TensorPlace).tensor;
      return { name, shape, type: request.types[index] as GgmlType };
    },
    shape: request.shape,
    cacheTypes: request.cacheTypes,
    flashAttention,
    // `auto` counts as on when the cache is laid out
    transposedValues: request.flashAttention === "off",
    kvOffload: request.kvOffload,
    layerBackends: placement.blockBackends,
    weightBackend: (name) => {
      const place = request.places[request.index.get(name) ?? -1];
      return place ? backendOfTensor(place, placement) : placement.outputBackend;
    },
    cpu: placement.cpu,
    blocks: everyBlockCounts(request) ? request.layers.map((_, il) => il) : distinctBlocks(request),
  });
  request.architecture.graph(builder);
  return builder;
}

/** With a logits row per token the last block is as wide as the others, and where the allocator's cycle ends decides. */
function everyBlockCounts({ everyBlock, architecture, shape }: ComputeRequest): boolean {
  // the tokens are rounded up to the sequences
  const lastIsWide = shape.tokens - shape.outputs < shape.sequences;
  return Boolean(everyBlock || architecture.everyBlock || lastIsWide);
}

/**
 * The blocks worth building. Blocks repeat, and so does what the allocator does with them: after a few
 * repetitions it cycles. Of every repeated run of blocks as many are built as leave the cycle where
 * the whole run would.
 */
function distinctBlocks(request: ComputeRequest): number[] {
  const { placement, blockKinds } = request;
  const kinds = blockKinds.map(
    (kind, il) => `${kind}@${placement.blockBackends[il]}${il < placement.cpuMoeLayers ? "x" : ""}`,
  );
  const onCpu = (il: number) => placement.blockBackends[il] === placement.cpu || il < placement.cpuMoeLayers;
  if (blockKinds.some((_, il) => onCpu(il))) {
    // the types of weights on the CPU matter too: they may have to be copied to a GPU
    request.places.forEach(({ block }, i) => {
      if (block >= 0 && block < kinds.length && onCpu(block)) kinds[block] += `,${request.types[i]}`;
    });
  }
  if (placement.overrides.length > 0) {
    request.places.forEach((place, i) => {
      if (place.block < 0 || place.block >= kinds.length || !isOverridden(place, placement)) return;
      kinds[place.block] += `,${place.tensor.name.slice(place.tensor.name.indexOf(".", 4))}${request.types[i]}`;
    });
  }
  return withoutRepetitions(kinds);
}

/** A number per block, equal for blocks with the same tensors and caches. */
export function kindsOfBlocks(layers: readonly Layer[], places: readonly TensorPlace[]): number[] {
  const spelled = new Map<Layer, string>();
  const signatures = layers.map((layer) => {
    const known = spelled.get(layer) ?? JSON.stringify(layer);
    spelled.set(layer, known);
    return known;
  });
  for (const { tensor, block } of places) {
    if (block < 0 || block >= layers.length) continue;
    signatures[block] += `${tensor.name.slice(tensor.name.indexOf(".", 4))}${tensor.shape.join()}`;
  }
  const numbers = new Map<string, number>();
  return signatures.map((signature) => {
    const known = numbers.get(signature) ?? numbers.size;
    numbers.set(signature, known);
    return known;
  });
}
