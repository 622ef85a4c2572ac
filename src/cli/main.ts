import { nodeIo } from "./io.js";
import { run } from "./run.js";

process.exitCode = await run(nodeIo());
