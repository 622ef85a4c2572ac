/** The shipped `data/` folder: beside `dist/` in the package, beside `src/` in the repository. */
export const DATA_ROOT = new URL("../data/", import.meta.url);
