import { architectureById } from "../src/architectures/registry.js";
import { Hyperparameters, type MetadataValue } from "../src/core/hyperparameters.js";
import { checkLimits } from "../src/sources/limits.js";
import type { ModelEntry } from "../src/sources/model-schema.js";
import { countActiveParameters, countParameters } from "../src/sources/parameters.js";
import { unknownArchitecture } from "../src/sources/unknown-architecture.js";

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
  /** GGUF architecture and its hyperparameters. */
  readonly architecture: string;
  readonly values: Readonly<Record<string, MetadataValue>>;
  readonly repositories: ModelEntry["repositories"];
  readonly files?: ModelEntry["files"];
  /** Where config or header was read. */
  readonly source: string;
}

/**
 * A catalog entry from what a config.json or a GGUF header says: what follows from it, and nothing else.
 *
 * @throws FitcheckError BAD_FILE, UNSUPPORTED_ARCHITECTURE
 */
export function newEntry(model: NewModel): ModelEntry {
  const architecture = architectureById(model.architecture);
  if (architecture === undefined) throw unknownArchitecture(model.id, model.architecture, undefined);
  const hp = new Hyperparameters(model.architecture, model.values);
  checkLimits(hp, model.id);
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
    architecture: model.architecture,
    hyperparameters: sortHyperparameters(model.values) as ModelEntry["hyperparameters"],
    parameters: { total: countParameters(tensors), ...(active === undefined ? {} : { active }) },
    contextLength: hp.number("context_length"),
    repositories: model.repositories,
    ...(model.files === undefined ? {} : { files: model.files }),
    sources: { architecture: model.source, ...(model.files === undefined ? {} : { files: filesSource(model.files) }) },
  };
}

function filesSource({ repository }: NonNullable<ModelEntry["files"]>): string {
  return `huggingface.co/${repository}`;
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
