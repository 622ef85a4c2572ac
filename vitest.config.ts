import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // What the developer's shell says must not change a test.
    env: { NO_COLOR: "", FORCE_COLOR: "", TERM: "xterm-256color" },
    pool: "threads",
    testTimeout: 20_000,
  },
});
