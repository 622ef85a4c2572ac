import { expect, test } from "vitest";
import { groupGgufFiles, isProjector } from "../../src/sources/gguf-group.js";

const listed = (paths: readonly string[]) => paths.map((path, index) => ({ path, bytes: 100 + index }));

test("one group per quantization, parts together, largest first", () => {
  const groups = groupGgufFiles(
    listed([
      "README.md",
      "Model-Q4_K_M.gguf",
      "BF16/Model-BF16-00002-of-00002.gguf",
      "BF16/Model-BF16-00001-of-00002.gguf",
      "Model-UD-Q4_K_XL.gguf",
      "Model-IQ4_XS.gguf",
      "Model-Q4_K_L.gguf",
      "mmproj-Model-F16.gguf",
      "Model.imatrix.gguf",
    ]),
  );
  expect(groups.map((group) => [group.quant, group.files.length])).toEqual([
    ["BF16", 2],
    ["Q4_K_L", 1],
    ["IQ4_XS", 1],
    ["UD-Q4_K_XL", 1],
    ["Q4_K_M", 1],
  ]);
  expect(groups[0]?.files[0]?.path).toBe("BF16/Model-BF16-00001-of-00002.gguf");
  expect(groups[0]?.bytes).toBe(102 + 103);
});

test("the folder may say it", () => {
  const groups = groupGgufFiles(listed(["Q8_0/model-00001-of-00002.gguf", "Q8_0/model-00002-of-00002.gguf"]));
  expect(groups.map((group) => group.quant)).toEqual(["Q8_0"]);
});

test("projectors are known by their name", () => {
  expect(isProjector("mmproj-model-f16.gguf")).toBe(true);
  expect(isProjector("sub/gemma-mmproj-BF16.gguf")).toBe(true);
  expect(isProjector("model-Q4_K_M.gguf")).toBe(false);
});
