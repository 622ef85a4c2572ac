import { describe, expect, it } from "vitest";
import { translateArguments } from "../../src/cli/argv.js";

describe("translateArguments", () => {
  it.each([
    ["-ctk q8_0", "--cache-type-k q8_0"],
    ["-ctv=q8_0", "--cache-type-v=q8_0"],
    ["-ngl 99", "--gpu-layers 99"],
    ["-np 4", "--parallel 4"],
    ["-ub 256", "--ubatch-size 256"],
    ["-fa on", "--flash-attn on"],
    ["-ts 3,1", "--tensor-split 3,1"],
    ["-nkvo", "--no-kv-offload"],
    ["--ctx-size 16k", "--ctx 16k"],
    ["-c=16k", "-c16k"],
    ["-c 16k", "-c 16k"],
    ["model --json", "model --json"],
    ["-- -ngl", "-- -ngl"],
  ])("%s -> %s", (typed, meant) => {
    expect(translateArguments(typed.split(" "))).toEqual(meant.split(" "));
  });
});
