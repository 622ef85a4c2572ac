import type { Device, Hardware } from "../core/hardware.js";
import type { Gpu } from "../hardware/gpu.js";
import { gib, grouped, plain } from "./format.js";
import { noteSentence } from "./notes.js";
import type { Terminal } from "./terminal.js";
import { wrap } from "./wrap.js";

/** As wide as the labels. */
const INDENT = " ".repeat(10);

function bandwidth(bytesPerSecond: number): string {
  return `${grouped(Math.round(bytesPerSecond / 1e9))} GB/s`;
}

/** One card of the catalog: every fact with where it comes from. */
export function gpuCard(gpu: Gpu, terminal: Terminal): string {
  const source = (field: string) => gpu.sources[field] ?? gpu.sources["card"] ?? "";
  const facts: [label: string, value: string | undefined, source: string][] = [
    [
      "Memory",
      gpu.memoryBytes === undefined ? undefined : `${gib(gpu.memoryBytes)} GiB as sold`,
      source("memoryBytes"),
    ],
    [
      "Reported",
      gpu.reportedBytes === undefined
        ? undefined
        : `${gib(gpu.reportedBytes)} GiB by its driver (${grouped(gpu.reportedBytes)} bytes)`,
      source("reportedBytes"),
    ],
    ["Kind", gpu.memory === "unified" ? "shares the computer's RAM" : "memory of its own", ""],
    [
      "Bandwidth",
      gpu.bandwidthBytesPerSecond === undefined ? undefined : bandwidth(gpu.bandwidthBytesPerSecond),
      source("bandwidthBytesPerSecond"),
    ],
    ["Compute", gpu.computeCapability, source("computeCapability")],
    ["Released", gpu.release, source("release")],
    ["At launch", gpu.priceUsd === undefined ? undefined : `${grouped(gpu.priceUsd)} USD`, source("priceUsd")],
    ["Also", gpu.aliases.length > 0 ? gpu.aliases.join(", ") : undefined, ""],
  ];
  const lines = facts.flatMap(([label, value, from]) =>
    value === undefined
      ? []
      : wrap(`${label.padEnd(10)}${plain(value)}${from === "" ? "" : `   [${plain(from)}]`}`, terminal.columns, INDENT),
  );
  return [`${plain(gpu.name)} (${gpu.id})`, ...lines, ""].join("\n");
}

function deviceLine(device: Device): string {
  const free = device.freeBytes === undefined ? "" : `, ${gib(device.freeBytes)} GiB free`;
  const reserved = device.reservedBytes === undefined ? "" : `, ${gib(device.reservedBytes)} GiB kept by the driver`;
  const speed = device.bandwidthBytesPerSecond === undefined ? "" : `, ${bandwidth(device.bandwidthBytesPerSecond)}`;
  const from = device.sources?.["totalBytes"];
  return `${device.id.padEnd(10)}${plain(device.name)}: ${gib(device.totalBytes)} GiB${free}${reserved}, ${gib(device.usableBytes)} GiB for models${speed}${from === undefined ? "" : `   [${plain(from)}]`}`;
}

/** The hardware found or given, a line each. */
export function hardwareLines({ devices, host, notes }: Hardware, terminal: Terminal): string[] {
  const available = host.availableBytes === undefined ? "" : `, ${gib(host.availableBytes)} GiB available`;
  return [
    ...[...devices.map(deviceLine), `${"RAM".padEnd(10)}${gib(host.totalBytes)} GiB${available}`].flatMap((line) =>
      wrap(line, terminal.columns, INDENT),
    ),
    ...notes.flatMap((note) => wrap(`- ${noteSentence(note)}`, terminal.columns, "  ")),
  ];
}
