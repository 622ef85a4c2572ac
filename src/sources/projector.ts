import { FitcheckError } from "../core/errors.js";
import type { Projector } from "../core/projector.js";
import type { GgufHeader } from "./gguf/header.js";
import { malformed, quoted } from "./gguf/malformed.js";

/** Far beyond every real encoder. */
const LIMITS: Readonly<Record<string, number>> = {
  image_size: 8192,
  patch_size: 1024,
  spatial_merge_size: 64,
  embedding_length: 2 ** 16,
  feed_forward_length: 2 ** 20,
  projection_dim: 2 ** 20,
  "attention.head_count": 4096,
  n_wa_pattern: 4096,
};
/** Something is divided by these. */
const POSITIVE: readonly string[] = ["patch_size", "spatial_merge_size"];

/**
 * The projector in a GGUF file.
 *
 * @param reference what the user typed
 * @throws FitcheckError BAD_FILE for a file that holds something else, or describes no possible encoder
 */
export function projectorFromGguf(header: GgufHeader, reference: string): Projector {
  if (header.architecture !== "clip") {
    throw new FitcheckError(
      "BAD_FILE",
      `${reference}: this is no projector but a ${quoted(header.architecture)} model`,
      {
        hint: "Projectors are files of their own, usually called mmproj-*.gguf.",
      },
    );
  }
  for (const part of ["vision", "audio"]) {
    for (const [key, limit] of Object.entries(LIMITS)) {
      const value = header.metadata.values[`${part}.${key}`];
      if (value === undefined) continue;
      const least = POSITIVE.includes(key) ? 1 : 0;
      if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > limit) {
        throw malformed(reference, `"clip.${part}.${key}" has an impossible value`);
      }
    }
  }
  return {
    name: reference.replace(/^.*[/\\]/s, ""),
    fileBytes: header.fileBytes,
    tensors: header.tensors,
    metadata: header.metadata,
  };
}
