import { readFileSync } from "node:fs";
import type { Prose } from "../core/card.js";
import { dataFile } from "../data-root.js";

/** A file of `data/families`. */
export interface FamilyFile extends Prose {
  readonly family: string;
  readonly about: string;
  /** What is said of single models beside; their sentence of what they are replaces the family's. */
  readonly models?: Readonly<Record<string, Prose>>;
  readonly sources: readonly string[];
}

/** The file name of a family: `Qwen2.5 Coder` is `qwen2.5-coder`. */
export function familyFile(family: string): string {
  return family
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** What is written about a model and its family; empty where nothing is. */
export function proseOf(family: string, id: string): { readonly prose: Prose; readonly sources: readonly string[] } {
  let text: string;
  try {
    text = readFileSync(dataFile(`families/${familyFile(family)}.json`), "utf8");
  } catch {
    return { prose: {}, sources: [] };
  }
  const file = JSON.parse(text) as FamilyFile;
  const own = file.models?.[id] ?? {};
  const joined = (side: "strengths" | "limitations" | "breaksFirst" | "mistakes") => [
    ...(own[side] ?? []),
    ...(file[side] ?? []),
  ];
  return {
    prose: {
      about: own.about ?? file.about,
      strengths: joined("strengths"),
      limitations: joined("limitations"),
      breaksFirst: joined("breaksFirst"),
      mistakes: joined("mistakes"),
    },
    sources: file.sources,
  };
}
