import { nodeIo } from "./io.js";
import { run } from "./run.js";

// Never process.exit: it would cut off what is still being written.
run(nodeIo()).then((code) => {
  process.exitCode = code;
});
