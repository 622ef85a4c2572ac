import type { Device } from "../core/hardware.js";
import type { FitReport, ReportExtra } from "../core/report.js";
import type { Settings } from "../core/settings.js";
import { gib, grouped, parameterCount, plain } from "./format.js";
import { hasContextRows } from "./words.js";

/** What the report is about, as labelled lines: the head of every format for people. */
export function reportFacts(report: FitReport): (readonly [label: string, text: string])[] {
  const facts: (readonly [string, string])[] = [["Model", modelFact(report)], ...hardwareFacts(report.hardware)];
  for (const extra of report.extras ?? []) {
    facts.push([extra.kind === "projector" ? "Projector" : "Draft", extraFact(extra)]);
  }
  facts.push(["Settings", settingsFact(report)]);
  facts.push(["Data", `of ${report.tool.dataDate}`]);
  return facts;
}

/** The GPUs, equal ones together, and the RAM. */
export function hardwareFacts({ devices, source, host }: FitReport["hardware"]): (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [];
  for (const [device, count] of groupDevices(devices)) facts.push(["GPU", deviceFact(device, count, source)]);
  if (devices.length === 0) facts.push(["GPU", "none"]);
  facts.push(["RAM", hostFact(host)]);
  return facts;
}

function modelFact({ model }: FitReport): string {
  const active = model.activeParameters;
  return [
    active === undefined
      ? `${parameterCount(model.parameters)} parameters`
      : `${parameterCount(model.parameters)} parameters (${parameterCount(active)} active)`,
    `${plain(model.architecture)} architecture`,
    `${model.layers} layers`,
    `trained for ${grouped(model.contextLength)} tokens`,
    ...(model.license === undefined ? [] : [`licence ${plain(model.license)}`]),
  ].join(", ");
}

/** Equal devices next to each other become one line. */
function groupDevices(devices: readonly Device[]): [Device, number][] {
  const groups: [Device, number][] = [];
  for (const device of devices) {
    const last = groups.at(-1);
    const same = last !== undefined && last[0].name === device.name && last[0].usableBytes === device.usableBytes;
    if (same) last[1]++;
    else groups.push([device, 1]);
  }
  return groups;
}

function deviceFact(device: Device, count: number, source: "detected" | "given"): string {
  const memory = device.memory === "unified" ? "GiB unified" : "GiB";
  const usable = device.usableBytes === device.totalBytes ? "" : `, ${gib(device.usableBytes)} GiB usable`;
  const bandwidth = device.bandwidthBytesPerSecond;
  // Memory that was given without a card has no name to say.
  const name = device.name === "GPU" ? "" : `${plain(device.name)}: `;
  return [
    `${count > 1 ? `${count} x ` : ""}${name}${gib(device.totalBytes)} ${memory}${count > 1 ? " each" : ""}${usable}`,
    ...(bandwidth === undefined ? [] : [`${grouped(Math.round(bandwidth / 1e9))} GB/s`]),
    source,
  ].join(", ");
}

function hostFact(host: FitReport["hardware"]["host"]): string {
  if (host.availableBytes === undefined || host.availableBytes === host.totalBytes)
    return `${gib(host.totalBytes)} GiB`;
  return `${gib(host.totalBytes)} GiB, ${gib(host.availableBytes)} GiB available`;
}

/** What runs beside the model, with what it takes of devices and host together. */
function extraFact({ name, quant, memory }: ReportExtra): string {
  const sum = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 };
  for (const part of [...memory.devices, memory.host]) {
    sum.weightsBytes += part.weightsBytes;
    sum.cacheBytes += part.cacheBytes;
    sum.computeBytes += part.computeBytes;
    sum.totalBytes += part.totalBytes;
  }
  const cache = sum.cacheBytes === 0 ? "" : `, cache ${gib(sum.cacheBytes)}`;
  const title = quant === undefined ? plain(name) : `${plain(name)} ${plain(quant)}`;
  return `${title}: ${gib(sum.totalBytes)} GiB (weights ${gib(sum.weightsBytes)}${cache}, compute ${gib(sum.computeBytes)})`;
}

/** Every setting that the user gave, and of the others those that the answer depends on most. */
function settingsFact(report: FitReport): string {
  const { settings } = report;
  const assumed = new Set(report.assumed);
  const parts: string[] = [];
  const say = (names: readonly (keyof Settings)[], text: string): void => {
    parts.push(names.every((name) => assumed.has(name)) ? `${text} (default)` : text);
  };
  if (!hasContextRows(report)) say(["contextLength"], `context ${grouped(settings.contextLength)} tokens`);
  const [k, v] = [settings.cacheTypeK, settings.cacheTypeV];
  say(["cacheTypeK", "cacheTypeV"], k === v ? `cache ${k}` : `cache ${k} for K, ${v} for V`);
  say(["parallel"], settings.parallel === 1 ? "1 sequence" : `${settings.parallel} sequences`);
  if (settings.parallel > 1) say(["kvUnified"], settings.kvUnified ? "sharing one cache" : sequenceShare(settings));
  if (!assumed.has("batch")) say([], `batch ${settings.batch}`);
  say(["ubatch"], `ubatch ${settings.ubatch}`);
  say(["flashAttention"], `flash attention ${settings.flashAttention}`);
  if (settings.swaFull) parts.push("full cache in sliding-window layers");
  if (settings.allLogits) parts.push("logits for every token");
  if (!settings.kvOffload) parts.push("cache on the host");
  if (settings.gpuLayers !== undefined) parts.push(`${settings.gpuLayers} layers on the GPU`);
  if (settings.cpuMoeLayers !== undefined) parts.push(`experts of ${settings.cpuMoeLayers} layers on the CPU`);
  if (settings.overrideTensors !== undefined) parts.push(`override ${settings.overrideTensors.map(plain).join(",")}`);
  if (settings.tensorSplit !== undefined) parts.push(`tensor split ${settings.tensorSplit.join(",")}`);
  say(["runtime"], `runtime ${settings.runtime}`);
  say(["marginBytes"], `${gib(settings.marginBytes)} GiB kept free`);
  return parts.join(", ");
}

/** What each of several sequences gets of the context (`n_ctx_seq`). */
function sequenceShare(settings: Settings): string {
  return `${grouped(Math.floor(settings.contextLength / settings.parallel))} tokens each`;
}
