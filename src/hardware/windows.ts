import type { DeviceVendor } from "../core/hardware.js";
import { identifyGpu } from "./catalog.js";
import { probeNvidia } from "./nvidia.js";
import { type Finding, type ProbeResult, type System, toolTrouble } from "./probe.js";
import {
  type CimAdapter,
  POWERSHELL_SCRIPT,
  parseAdapters,
  parseRegQuery,
  REG_KEY,
  type RegistryAdapter,
} from "./windows-registry.js";

/** Adapters that draw, but on nothing: remote sessions, virtual displays, the fallback driver. */
const VIRTUAL =
  /microsoft|basic (?:display|render)|virtual|remote|mirror|parsec|spacedesk|citrix|vmware|hyper-v|idd\b/i;

function vendorOf(text: string): DeviceVendor {
  if (/VEN_10DE|nvidia|geforce/i.test(text)) return "nvidia";
  if (/VEN_1002|\bamd\b|radeon/i.test(text)) return "amd";
  if (/VEN_8086|\bintel\b/i.test(text)) return "intel";
  return "unknown";
}

/** Real ones sit on the PCI bus; those of Snapdragon computers have no bus and are known by name. */
export function isReal(adapter: CimAdapter): boolean {
  if (VIRTUAL.test(adapter.name)) return false;
  return adapter.pnpId.startsWith("PCI\\") || /qualcomm|adreno/i.test(adapter.name);
}

/** Chips on the computer's RAM, by the names their drivers give. */
function isIntegrated(name: string, vendor: DeviceVendor): boolean {
  const gpu = identifyGpu(name, undefined);
  if (gpu) return gpu.memory === "unified";
  if (vendor === "intel") return !/Arc\b.*\b[AB]\d{2,3}M?\b|\bFlex\b|\bMax\b/i.test(name);
  if (vendor === "amd") return /Radeon(?:\(TM\))? (?:R\d |Vega \d+ )?Graphics|\b\d{3}M\b|\b80[56]0S\b/i.test(name);
  return /adreno/i.test(name);
}

/** Takes each registry entry once, so that two equal cards have one each. */
function takeEntry(adapter: CimAdapter, entries: RegistryAdapter[]): RegistryAdapter | undefined {
  const byId = (entry: RegistryAdapter): boolean =>
    entry.matchingId !== "" && adapter.pnpId.startsWith(entry.matchingId);
  const byName = (entry: RegistryAdapter): boolean => entry.name === adapter.name;
  for (const same of [byId, byName]) {
    const index = entries.findIndex((entry) => same(entry) && entry.bytes !== undefined);
    const [entry] = index < 0 ? [] : entries.splice(index, 1);
    if (entry) return entry;
  }
  return undefined;
}

/** AdapterRAM has 32 bits: near 4 GiB it says only "at least". */
const trusted = (bytes: number | undefined): number | undefined =>
  bytes !== undefined && bytes < 2 ** 32 - 2 ** 21 ? bytes : undefined;

function findingOf(adapter: CimAdapter, entries: RegistryAdapter[], system: System): Finding {
  const vendor = vendorOf(`${adapter.pnpId} ${adapter.name}`);
  const entry = takeEntry(adapter, entries);
  const own = entry?.bytes ?? trusted(adapter.adapterRamBytes);
  const source = entry ? "registry qwMemorySize" : "Win32_VideoController";
  if (!isIntegrated(adapter.name, vendor)) {
    return { source, vendor, name: adapter.name, ...(own === undefined ? {} : { totalBytes: own }) };
  }
  // Windows lends a GPU half of the RAM (WDDM's shared limit) on top of what is set aside for it.
  const shared = Math.floor(system.host.totalBytes / 2);
  const setAside = vendor === "amd" ? (own ?? 0) : 0;
  const available = system.host.availableBytes;
  return {
    source: `${source} and half of the RAM`,
    vendor,
    name: adapter.name,
    unified: true,
    totalBytes: setAside + shared,
    ...(available === undefined ? {} : { freeBytes: setAside + Math.min(shared, available) }),
  };
}

/** The adapters of the registry alone: names and sizes, without knowing which are still there. */
function fromRegistry(names: string, sizes: string): Finding[] {
  const bytes = parseRegQuery(sizes);
  const findings: Finding[] = [];
  for (const [key, name] of parseRegQuery(names)) {
    const size = Number(bytes.get(key) ?? 0);
    const vendor = vendorOf(name);
    if (size > 0 && !VIRTUAL.test(name) && !isIntegrated(name, vendor)) {
      findings.push({ source: "registry qwMemorySize", vendor, name, totalBytes: size });
    }
  }
  return findings;
}

/** The adapters of a Windows computer: nvidia-smi for NVIDIA's, CIM and the registry for the others. */
export async function probeWindows(system: System): Promise<ProbeResult> {
  const [nvidia, shell, names, sizes] = await Promise.all([
    probeNvidia(system),
    system.run("powershell", ["-NoProfile", "-NonInteractive", "-Command", POWERSHELL_SCRIPT]),
    system.run("reg", ["query", REG_KEY, "/s", "/v", "DriverDesc"]),
    system.run("reg", ["query", REG_KEY, "/s", "/v", "HardwareInformation.qwMemorySize"]),
  ]);
  const { cim, registry } = parseAdapters(shell.stdout);
  const entries = [...registry];
  const listed =
    cim.length > 0
      ? cim.filter(isReal).map((adapter) => findingOf(adapter, entries, system))
      : fromRegistry(names.stdout, sizes.stdout);
  const others = listed.filter((finding) => finding.vendor !== "nvidia" || nvidia.findings.length === 0);
  const trouble =
    listed.length === 0 && nvidia.findings.length === 0 && cim.length === 0 ? toolTrouble("powershell", shell) : [];
  return { findings: [...nvidia.findings, ...others], notes: [...nvidia.notes, ...trouble] };
}
