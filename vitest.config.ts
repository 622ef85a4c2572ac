import { defineConfig } from "vitest/config";

export default defineConfig({
  // The build puts in the real ones; a test's output must not change with them.
  define: { FITCHECK_VERSION: '"0.0.0-test"', FITCHECK_DATA_DATE: '"2026-01-01"' },
  test: {
    include: ["test/**/*.test.ts"],
    // What the developer's shell says must not change a test.
    env: { NO_COLOR: "", FORCE_COLOR: "", TERM: "xterm-256color" },
    // Processes, because some tests measure the memory of theirs; on all cores, because nothing else runs.
    pool: "forks",
    maxWorkers: "100%",
    testTimeout: 20_000,
  },
});
