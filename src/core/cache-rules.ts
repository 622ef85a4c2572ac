import type { CacheTypes, Layer } from "./cache.js";
import { FitcheckError } from "./errors.js";
import { blockSize, isQuantized } from "./ggml.js";
import { headLength } from "./head-length.js";
import type { Hyperparameters } from "./hyperparameters.js";
import type { FlashAttention } from "./settings.js";

/**
 * Refuses the cache types llama.cpp refuses (`llama_init_from_model`), and says what it makes of `auto`.
 * @throws FitcheckError BAD_VALUE with what to use instead
 */
export function checkCacheTypes(
  hp: Hyperparameters,
  layers: readonly Layer[],
  types: CacheTypes,
  flashAttention: FlashAttention,
): FlashAttention {
  if (types.k !== types.v && layers.some((layer) => layer.caches.some((cache) => cache.kind === "latent"))) {
    throw new FitcheckError(
      "BAD_VALUE",
      `this model keeps V inside K, so K (${types.k}) and V (${types.v}) cannot differ`,
      {
        hint: `Use -ctv ${types.k}.`,
      },
    );
  }
  if (isQuantized(types.v) && flashAttention === "off") {
    throw new FitcheckError("BAD_VALUE", `a ${types.v} V cache needs flash attention, which is off`, {
      hint: "Use -fa on (or auto), or -ctv f16.",
    });
  }
  // without flash attention nothing but the rows' length matters
  if (flashAttention !== "off") {
    checkBlocks("K", types.k, headLength(hp, "key"));
    checkBlocks("V", types.v, headLength(hp, "value"));
  }
  return isQuantized(types.v) ? "on" : flashAttention;
}

function checkBlocks(part: "K" | "V", type: CacheTypes["k"], length: number): void {
  if (length % blockSize(type) === 0) return;
  throw new FitcheckError(
    "BAD_VALUE",
    `heads of ${length} elements do not divide into the blocks of a ${type} ${part} cache`,
    {
      hint: `Use -ct${part.toLowerCase()} f16.`,
    },
  );
}
