import type { Finding } from "./probe.js";

/** A device as all probes together know it, with the source of every figure. */
export interface Merged extends Omit<Finding, "source"> {
  readonly sources: Readonly<Record<string, string>>;
}

const FIELDS = [
  "name",
  "totalBytes",
  "reservedBytes",
  "usedBytes",
  "freeBytes",
  "limitBytes",
  "unified",
  "backend",
  "computeCapability",
] as const satisfies readonly (keyof Finding)[];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Fills what `into` lacks from `finding`; the first source of a figure keeps it. */
function fill(into: Mutable<Merged> & { sources: Record<string, string> }, finding: Finding): void {
  for (const field of FIELDS) {
    if (into[field] !== undefined || finding[field] === undefined) continue;
    Object.assign(into, { [field]: finding[field] });
    into.sources[field] = finding.source;
  }
}

/**
 * Brings together what several probes found of the same devices. Devices are the same when they sit in
 * the same PCI slot; name and position prove nothing, as two equal cards show. A finding without a slot
 * is a device of its own. Probes that know more come first.
 */
export function mergeFindings(findings: readonly Finding[]): Merged[] {
  const devices: (Mutable<Merged> & { sources: Record<string, string> })[] = [];
  for (const finding of findings) {
    const same = finding.pciBusId && devices.find((device) => device.pciBusId === finding.pciBusId);
    const device = same || {
      vendor: finding.vendor,
      ...(finding.pciBusId === undefined ? {} : { pciBusId: finding.pciBusId }),
      sources: {},
    };
    fill(device, finding);
    if (!same) devices.push(device);
  }
  return devices;
}
