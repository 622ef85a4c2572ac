/** What models are compared by. */
export interface Comparable {
  readonly id: string;
  readonly family: string;
  readonly parameters: number;
  readonly tags: readonly string[];
  readonly released?: string;
}

/** Models worth a look beside one: of its size, the next size down, the next size up. */
export interface Neighbours<Model> {
  readonly same: readonly Model[];
  readonly smaller: readonly Model[];
  readonly larger: readonly Model[];
}

/** How many times the parameters, from and to. */
const BANDS = { same: [0.7, 1.45], smaller: [0.3, 0.62], larger: [1.6, 3.5] } as const;
const SHOWN = { same: 3, smaller: 2, larger: 2 } as const;

/** Tags that decide what a model can be compared with, the most special first. */
const TASKS = ["embedding", "rerank", "vision", "code", "math", "reasoning", "chat"] as const;

/** What a model is for, in a word. */
export function taskOf(tags: readonly string[]): string {
  return TASKS.find((task) => tags.includes(task)) ?? "base";
}

/** The models of a catalog that are worth comparing: for the same task first, the newer first. */
export function neighboursOf<Model extends Comparable>(
  model: Comparable,
  catalog: readonly Model[],
): Neighbours<Model> {
  const task = taskOf(model.tags);
  const embeds = (tags: readonly string[]): boolean => ["embedding", "rerank"].includes(taskOf(tags));
  const others = catalog.filter(
    ({ id, tags }) =>
      id !== model.id && embeds(tags) === embeds(model.tags) && tags.includes("base") === model.tags.includes("base"),
  );
  const band = (name: keyof typeof BANDS): Model[] => {
    const [from, to] = BANDS[name];
    const rank = (other: Model): number =>
      (taskOf(other.tags) === task ? 2 : 0) + ((other.family === model.family) === (name !== "same") ? 1 : 0);
    return others
      .filter(({ parameters }) => parameters >= from * model.parameters && parameters <= to * model.parameters)
      .sort((a, b) => rank(b) - rank(a) || newer(a, b) || (a.id < b.id ? -1 : 1))
      .slice(0, SHOWN[name]);
  };
  return { same: band("same"), smaller: band("smaller"), larger: band("larger") };
}

function newer(a: Comparable, b: Comparable): number {
  return (b.released ?? "").localeCompare(a.released ?? "");
}
