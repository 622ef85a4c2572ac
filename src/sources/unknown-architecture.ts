import { knownArchitectures } from "../architectures/registry.js";
import { FitcheckError } from "../core/errors.js";
import { GiB } from "../core/units.js";
import { quoted } from "./gguf/malformed.js";

/** Known architectures that a message lists as the nearest. */
const LISTED = 3;

/**
 * The refusal to guess: what is not known, what is all the same (the weights), and where the rest can be learnt.
 *
 * @param bytes of the weights, exact, where they are known
 */
export function unknownArchitecture(id: string, architecture: string, bytes: number | undefined): FitcheckError {
  const weights = bytes === undefined ? "" : `; its weights take ${(bytes / GiB).toFixed(2)} GiB (${bytes} bytes)`;
  return new FitcheckError(
    "UNSUPPORTED_ARCHITECTURE",
    `${id}: the architecture ${quoted(architecture)} is not known${weights}`,
    { hint: architecture === "clip" ? PROJECTOR : hintFor(architecture) },
  );
}

const PROJECTOR = "This is the projector of a multimodal model, not the model: name the model and add --mmproj FILE.";

/** Cache and compute are not guessed, but llama.cpp itself may know. */
function hintFor(architecture: string): string {
  const near = relatives(architecture);
  const known = near.length > 0 ? ` Known relatives: ${near.join(", ")}.` : "";
  return `What it takes beyond its weights is not guessed; llama.cpp's llama-fit-params -m FILE tells, where its build knows it.${known}`;
}

/** Names that begin with the same letters: `qwen36moe` -> qwen35moe, qwen35, qwen3. */
function relatives(architecture: string): string[] {
  const family = /^[a-z]+/.exec(architecture.toLowerCase())?.[0] ?? "";
  if (family.length < 3) return [];
  const shared = (name: string): number => {
    let length = 0;
    while (length < name.length && name[length] === architecture[length]) length++;
    return length;
  };
  return knownArchitectures()
    .filter((name) => name.startsWith(family))
    .sort((a, b) => shared(b) - shared(a) || (a < b ? -1 : 1))
    .slice(0, LISTED);
}
