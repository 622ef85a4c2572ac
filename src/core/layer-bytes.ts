import { type LayerCacheBytes, layerCacheBytes, widestValueWidth } from "./cache.js";
import type { GgmlType } from "./ggml.js";
import { type MemoryRequest, prepare, shapeOf, type WeightedModel } from "./memory.js";
import { tensorTable } from "./tensor-table.js";

/** What a model takes on a GPU, block by block, in bytes: enough to say nearly where a placement stops fitting. */
export interface LayerBytes {
  /** Weights of each block except the experts of a mixture. */
  readonly dense: readonly number[];
  readonly experts: readonly number[];
  /** What each block keeps between tokens. */
  readonly cache: readonly number[];
  readonly output: number;
  /** Small tables that every device with blocks holds. */
  readonly perDevice: number;
  /** All weights and the cache once, unpadded: what any placement holds at least, on the GPUs and in RAM together. */
  readonly everything: number;
}

/** One of the weights that hold a block's experts, its bias included. */
export interface ExpertPart {
  readonly block: number;
  /** e.g. `ffn_down_exps` */
  readonly name: string;
  readonly bytes: number;
}

/** The expert weights of one block. */
export function expertParts(model: WeightedModel, block: number): ExpertPart[] {
  const table = tensorTable(model.tensors);
  const parts = new Map<string, number>();
  prepare(model).places.forEach((place, index) => {
    if (place.role !== "experts" || place.block !== block) return;
    const name = place.tensor.name.split(".")[2] ?? "";
    parts.set(name, (parts.get(name) ?? 0) + table.bytes(index, model.types[index] as GgmlType).onGpu);
  });
  return [...parts].map(([name, bytes]) => ({ block, name, bytes }));
}

/** @param flashAttention what the setting comes to; without it some caches are wider */
export function layerBytes(model: WeightedModel, request: MemoryRequest, flashAttention: boolean): LayerBytes {
  const { layers, places } = prepare(model);
  const blocks = model.hp.number("block_count");
  const table = tensorTable(model.tensors);
  const dense = new Array<number>(blocks).fill(0);
  const experts = new Array<number>(blocks).fill(0);
  let output = 0;
  let perDevice = 0;
  let embedding = 0;
  let hasOutput = false;
  let everything = 0;
  for (let index = 0; index < places.length; index++) {
    const place = places[index];
    if (!place || place.block >= layers.length) continue;
    const { bare, onGpu: bytes } = table.bytes(index, model.types[index] as GgmlType);
    everything += bare;
    switch (place.role) {
      case "experts":
        experts[place.block] = (experts[place.block] ?? 0) + bytes;
        break;
      case "block":
        dense[place.block] = (dense[place.block] ?? 0) + bytes;
        break;
      case "first-block":
        dense[0] = (dense[0] ?? 0) + bytes;
        break;
      case "per-device":
        perDevice += bytes;
        break;
      case "output":
        output += bytes;
        if (place.tensor.name === "output.weight") hasOutput = true;
        break;
      case "input":
        if (place.tensor.name === "token_embd.weight") embedding = bytes;
    }
  }
  const cache = cacheByBlock(model, request, flashAttention, blocks);
  return {
    dense,
    experts,
    cache: cache.map(({ onGpu }) => onGpu),
    everything: cache.reduce((sum, { onHost }) => sum + onHost, everything),
    // a tied model loads its embedding a second time
    output: hasOutput ? output : output + embedding,
    perDevice,
  };
}

function cacheByBlock(
  model: WeightedModel,
  request: MemoryRequest,
  flashAttention: boolean,
  blocks: number,
): LayerCacheBytes[] {
  if (model.architecture.embedding || !request.kvOffload)
    return new Array<LayerCacheBytes>(blocks).fill({ onGpu: 0, onHost: 0 });
  const { layers } = prepare(model);
  const shape = shapeOf(model, request);
  const types = { k: request.cacheTypeK, v: request.cacheTypeV };
  const widest = flashAttention ? undefined : widestValueWidth(layers);
  return layerCacheBytes(layers, shape, types, widest);
}
