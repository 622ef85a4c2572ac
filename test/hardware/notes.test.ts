import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hardwareNotes } from "../../src/render/notes-hardware.js";

it("every note that hardware/ makes has its words, and no other has", () => {
  const folder = new URL("../../src/hardware/", import.meta.url);
  const text = readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("\n");
  const codes = new Set([...text.matchAll(/"([A-Z]+(?:_[A-Z0-9]+)+)"/g)].map((match) => match[1]));
  for (const other of [
    "BAD_VALUE",
    "UNKNOWN_GPU",
    "CUDA_VISIBLE_DEVICES",
    "PCI_BUS_ID",
    "DEVICE_LOCAL",
    "MARKET_NAME",
    "TARGET_GRAPHICS_VERSION",
  ])
    codes.delete(other);
  expect([...codes].sort()).toEqual(Object.keys(hardwareNotes).sort());
});

it("a driver's text cannot send control sequences to the terminal", () => {
  expect(hardwareNotes.TOOL_FAILED?.({ tool: "nvidia-smi", detail: "\u001b[31mred\u0007" })).not.toMatch(/\p{Cc}/u);
});
