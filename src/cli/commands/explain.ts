import { FitcheckError } from "../../core/errors.js";
import { plain } from "../../render/format.js";
import { TOOL } from "../../version.js";
import { oneOf, readRequest } from "../settings.js";
import { terminalOf } from "../terminal.js";
import type { CommandSpec } from "./command.js";

/** The quantization explained when none is named: what most people download. */
const USUAL = "Q4_K_M";

/** `fitcheck explain <model> -q Q --ctx N`: how each figure of the estimate comes about. */
export const explain: CommandSpec = {
  name: "explain",
  arguments: "[words...]",
  summary: "show how the memory of one quantization comes about",
  async run({ words, flags, io }) {
    const [reference, ...more] = words;
    if (reference === undefined || more.length > 0) {
      throw new FitcheckError("BAD_VALUE", "explain takes one model", {
        hint: "fitcheck explain llama-3.1-8b -q Q4_K_M --ctx 16k",
      });
    }
    const [{ explainMemory }, { weighQuants }, { defaultContext }, { loadModel }, { renderExplanation }] =
      await Promise.all([
        import("../../core/explain.js"),
        import("../../core/weigh.js"),
        import("../../core/settings.js"),
        import("../../sources/load-model.js"),
        import("../../render/explain.js"),
      ]);
    const format = flags.json ? "json" : oneOf(flags.format ?? "table", ["table", "json"] as const, "--format");
    const request = readRequest(flags);
    const model = await loadModel(reference, { environment: io.env });
    const usual = model.quants.find((offer) => offer.quant === USUAL) ?? model.quants[0];
    const quants = request.quants ?? (usual ? [usual.quant] : []);
    const context =
      request.contexts?.find((wanted) => wanted !== "max") ?? (request.contexts ? model.contextLength : undefined);
    const settings = { contextLength: context ?? defaultContext(model), ...request.settings };
    const explained = weighQuants(model, quants).map(({ quant, model: weighted }) => ({
      quant,
      ...explainMemory(weighted, settings, { id: "CUDA0", backend: "cuda" }),
    }));
    if (format === "json") {
      io.out(
        `${JSON.stringify({ schemaVersion: 1, tool: TOOL, model: model.id, settings, explained }, undefined, 2)}\n`,
      );
      return 0;
    }
    const texts = explained.map((one) =>
      renderExplanation(plain(`${model.name} (${model.id}), ${one.quant}`), one, terminalOf(io, flags)),
    );
    io.out(texts.join("\n"));
    return 0;
  },
};
