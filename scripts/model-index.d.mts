export function normalize(name: string): string;
export function generate(folder: URL): Record<"models-index.json" | "models-aliases.tsv", string>;
