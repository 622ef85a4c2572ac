import { type FitOptions, fit } from "./fit.js";
import type { Hardware } from "./hardware.js";
import { gradeOf, overflow } from "./judge.js";
import type { Model } from "./model.js";
import { Planner } from "./planner.js";
import type { FitReport, HostMemory, MemoryEstimate, ReportExtra } from "./report.js";
import type { Settings } from "./settings.js";
import { largestFitting } from "./solve.js";
import { weighQuants } from "./weigh.js";

/** What runs beside the model in the same process: a projector for images, a draft model. */
export interface Extra extends Omit<ReportExtra, "memory"> {
  /** What it takes of this hardware; without overhead, which the process has once. */
  memory(hardware: Hardware, settings: Settings): MemoryEstimate;
}

/**
 * The answer with extras counted in. As llama.cpp's own fitting does it (`fit_params_target`), what they take is
 * kept free while the model is placed; every estimate of the report then includes it.
 */
export function fitWithExtras(
  model: Model,
  hardware: Hardware,
  settings: Settings,
  options: FitOptions,
  extras: readonly Extra[],
): FitReport {
  if (extras.length === 0) return fit(model, hardware, settings, options);
  const contexts = options.contexts ?? [settings.contextLength];
  const reports = contexts.map((contextLength) => {
    const one = options.contexts === undefined ? options : { ...options, contexts: [contextLength] };
    return fitOne(model, hardware, { ...settings, contextLength }, one, extras);
  });
  const first = reports[0] as FitReport;
  const described = extras.map(
    ({ kind, name, quant, fileBytes, memory }): ReportExtra => ({
      kind,
      name,
      ...(quant === undefined ? {} : { quant }),
      fileBytes,
      memory: memory(hardware, settings),
    }),
  );
  const rows = first.quants.flatMap((_, row) => reports.flatMap((report) => report.quants[row] ?? []));
  const hardwareAsIs = { source: hardware.source, devices: hardware.devices, host: hardware.host };
  return { ...first, settings, hardware: hardwareAsIs, quants: rows, extras: described };
}

/** At one context. */
function fitOne(
  model: Model,
  hardware: Hardware,
  settings: Settings,
  options: FitOptions,
  extras: readonly Extra[],
): FitReport {
  const taken = (contextLength: number) =>
    extras.map((extra) => extra.memory(hardware, { ...settings, contextLength })).reduce(sumOf);
  const here = taken(settings.contextLength);
  const planner = new Planner(hardware, settings);
  const report = fit(model, without(hardware, here), settings, options);
  const quants = report.quants.map((quant) => {
    const required = withExtra(quant.required, here);
    return {
      ...quant,
      required,
      grade: gradeOf(quant.verdict, required, hardware),
      ...(quant.placement === undefined
        ? {}
        : { placement: { ...quant.placement, memory: withExtra(quant.placement.memory, here) } }),
      maxContextLength: longestContext(quant.quant),
    };
  });
  return { ...report, quants };

  /** A draft's cache grows with the context too, so it is looked for with both. */
  function longestContext(quant: string): number {
    const [weighed] = weighQuants(model, [quant]);
    if (!weighed) return 0;
    const sequences = settings.kvUnified ? 1 : settings.parallel;
    const step = 256 * sequences;
    const over = (contextLength: number): number => {
      const memory = withExtra(planner.memory(weighed.model, contextLength), taken(contextLength));
      const { devices, host } = overflow(memory, hardware, settings.marginBytes);
      return Math.max(devices, host);
    };
    return largestFitting(over, step, model.contextLength * sequences, step) ?? 0;
  }
}

/** What is left of the hardware. */
function without(hardware: Hardware, taken: MemoryEstimate): Hardware {
  const less = (bytes: number, used: number): number => Math.max(0, bytes - used);
  const { totalBytes, availableBytes } = hardware.host;
  const host = taken.host.totalBytes;
  return {
    ...hardware,
    devices: hardware.devices.map((device, i) => ({
      ...device,
      usableBytes: less(device.usableBytes, taken.devices[i]?.totalBytes ?? 0),
    })),
    host: {
      totalBytes: less(totalBytes, host),
      ...(availableBytes === undefined ? {} : { availableBytes: less(availableBytes, host) }),
    },
  };
}

/** An estimate that includes the extras; where no device is used, all of them are in RAM. */
function withExtra(memory: MemoryEstimate, extra: MemoryEstimate): MemoryEstimate {
  const devices = memory.devices.map((device, i) => plus(device, extra.devices[i]?.totalBytes ?? 0));
  const unplaced = memory.devices.length > 0 ? 0 : extra.devices.reduce((sum, device) => sum + device.totalBytes, 0);
  return { devices, host: plus(memory.host, extra.host.totalBytes + unplaced) };
}

function plus<T extends HostMemory>(memory: T, extraBytes: number): T {
  return extraBytes === 0 ? memory : { ...memory, extraBytes, totalBytes: memory.totalBytes + extraBytes };
}

function sumOf(a: MemoryEstimate, b: MemoryEstimate): MemoryEstimate {
  const add = <T extends HostMemory>(x: T, y: HostMemory): T => ({
    ...x,
    weightsBytes: x.weightsBytes + y.weightsBytes,
    cacheBytes: x.cacheBytes + y.cacheBytes,
    computeBytes: x.computeBytes + y.computeBytes,
    totalBytes: x.totalBytes + y.totalBytes,
  });
  return {
    devices: a.devices.map((device, i) => add(device, b.devices[i] ?? NOTHING)),
    host: add(a.host, b.host),
  };
}

const NOTHING: HostMemory = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 };
