import { architectureById } from "../src/architectures/registry.js";
import { FitcheckError } from "../src/core/errors.js";
import { Hyperparameters, type MetadataValue } from "../src/core/hyperparameters.js";
import { convertConfig } from "../src/sources/hf-config/convert.js";
import type { ModelEntry } from "../src/sources/model-schema.js";
import { countActiveParameters, countParameters } from "../src/sources/parameters.js";

/** What most models say comes first; the rest follows by name, the flags of tensors last. */
const FIRST = [
  "block_count",
  "context_length",
  "embedding_length",
  "feed_forward_length",
  "attention.head_count",
  "attention.head_count_kv",
  "attention.key_length",
  "attention.value_length",
  "attention.sliding_window",
  "expert_count",
  "expert_used_count",
  "expert_feed_forward_length",
  "expert_shared_feed_forward_length",
  "rope.dimension_count",
];

function rank(key: string): string {
  const first = FIRST.indexOf(key);
  if (first !== -1) return `0${String(first).padStart(2, "0")}`;
  if (key === "vocab_size") return "2";
  return key.startsWith("tensors.") ? `3${key}` : `1${key}`;
}

/** Hyperparameters in the order catalog entries have them. */
export function sortHyperparameters(values: Readonly<Record<string, MetadataValue>>): Record<string, MetadataValue> {
  const keys = Object.keys(values).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return Object.fromEntries(keys.flatMap((key) => (values[key] === undefined ? [] : [[key, values[key]]])));
}

export interface NewModel {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly developer: string;
  readonly repository?: string;
  /** Where the config was read. */
  readonly source: string;
  readonly config: unknown;
}

/**
 * A catalog entry from a checkpoint's config.json: what follows from it, and nothing else.
 *
 * @throws FitcheckError BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export function newEntry(model: NewModel): ModelEntry {
  const { architecture: id, values } = convertConfig(model.config);
  const architecture = architectureById(id);
  if (architecture === undefined) throw new FitcheckError("UNSUPPORTED_ARCHITECTURE", `${id} is not known`);
  const hp = new Hyperparameters(id, values);
  const tensors = architecture.tensors(hp);
  const active = countActiveParameters(tensors, hp);
  return {
    $schema: "../schema/model.schema.json",
    id: model.id,
    name: model.name,
    aliases: [],
    family: model.family,
    developer: model.developer,
    tags: active === undefined ? ["chat"] : ["chat", "moe"],
    architecture: id,
    hyperparameters: sortHyperparameters(values) as ModelEntry["hyperparameters"],
    parameters: { total: countParameters(tensors), ...(active === undefined ? {} : { active }) },
    contextLength: hp.number("context_length"),
    repositories: model.repository === undefined ? {} : { huggingFace: model.repository },
    sources: { architecture: model.source },
  };
}

/** Longest list of words that stays on one line. */
const LINE = 90;

/** An entry as it stands in data/models: two spaces, lists of numbers on one line. */
export function formatEntry(value: unknown, indent = ""): string {
  if (Array.isArray(value)) {
    const parts = value.map((part) => JSON.stringify(part));
    const long = value.some((part) => typeof part === "string") && value.join("").length > LINE;
    return long ? `[\n${parts.map((part) => `${indent}  ${part}`).join(",\n")}\n${indent}]` : `[${parts.join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, entry]) => `${indent}  ${JSON.stringify(key)}: ${formatEntry(entry, `${indent}  `)}`,
  );
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`;
}
