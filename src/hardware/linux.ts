import type { DeviceVendor } from "../core/hardware.js";
import type { Note } from "../core/note.js";
import { AMD_SMI_ARGS, parseAmdSmi } from "./amd-smi.js";
import { amdFindings } from "./amd-sysfs.js";
import type { CommandResult } from "./command.js";
import { intelFindings } from "./intel-sysfs.js";
import { jetsonFinding } from "./jetson.js";
import { parseLlamaDevices } from "./llama-devices.js";
import { probeNvidia } from "./nvidia.js";
import { nameOf, type PciGpu, scanPci } from "./pci.js";
import { type Finding, NOTHING, type ProbeResult, type System, toolTrouble } from "./probe.js";
import { parseRocmSmi, ROCM_SMI_ARGS } from "./rocm-smi.js";
import { parseVulkaninfo } from "./vulkaninfo.js";
import { parseDiscovery, parseXpuTable } from "./xpu-smi.js";

const hasMemory = (finding: Finding): boolean => finding.totalBytes !== undefined;

/** Findings of a tool's output, or why there are none. */
function result(tool: string, output: CommandResult, parse: (text: string) => Finding[]): ProbeResult {
  const findings = parse(output.stdout);
  return findings.length > 0 ? { findings, notes: [] } : { findings, notes: toolTrouble(tool, output) };
}

/** The first that tells any memory; else what both say together. Two tools name one card twice otherwise. */
function either(first: ProbeResult, second: ProbeResult): ProbeResult {
  if (first.findings.some(hasMemory)) return { findings: first.findings, notes: [] };
  if (second.findings.some(hasMemory)) return { findings: second.findings, notes: [] };
  return { findings: [...first.findings, ...second.findings], notes: [...first.notes, ...second.notes] };
}

/**
 * What a tool adds to the cards that the kernel lists. A finding that names no slot belongs to the one
 * card there is, or to none: it must not be counted as a second one.
 */
function additions(cards: readonly Finding[], found: readonly Finding[]): Finding[] {
  const [only, ...more] = cards;
  const single = only?.pciBusId !== undefined && more.length === 0 && found.length === 1 ? only.pciBusId : undefined;
  return found.flatMap((one) => {
    const pciBusId = one.pciBusId ?? single;
    return pciBusId !== undefined && cards.some((card) => card.pciBusId === pciBusId) ? [{ ...one, pciBusId }] : [];
  });
}

/** AMD's two tools. Slow (Python), so only asked for what the kernel does not show. */
async function amdTools(system: System): Promise<ProbeResult> {
  const [rocm, amd] = await Promise.all([system.run("rocm-smi", ROCM_SMI_ARGS), system.run("amd-smi", AMD_SMI_ARGS)]);
  return either(
    result("rocm-smi", rocm, (text) => parseRocmSmi(text, system.host.availableBytes)),
    result("amd-smi", amd, parseAmdSmi),
  );
}

/** Intel's tool, for cards whose kernel driver does not tell their memory. */
async function intelTool(system: System, count: number): Promise<ProbeResult> {
  const table = system.run("xpu-smi", []);
  const devices = Array.from({ length: Math.max(1, count) }, (_, i) =>
    system.run("xpu-smi", ["discovery", "-d", String(i)]),
  );
  const parts = await Promise.all(devices);
  const found = parts.flatMap((part) => parseDiscovery(part.stdout));
  const [first] = parts;
  const discovery: ProbeResult = {
    findings: found,
    notes: found.length > 0 || first === undefined ? [] : toolTrouble("xpu-smi", first),
  };
  return either({ findings: parseXpuTable((await table).stdout), notes: [] }, discovery);
}

/** The general tools, for whatever the makers' own ways left without memory: llama.cpp's word, else Vulkan's. */
async function generalTools(system: System): Promise<ProbeResult> {
  const [llama, vulkan] = await Promise.all([
    system.run("llama-server", ["--list-devices"]),
    system.run("vulkaninfo", []),
  ]);
  const devices = parseLlamaDevices(llama.stdout);
  if (devices.length > 0) return { findings: devices, notes: [] };
  const trouble = llama.status === "exited" && llama.code === 0 ? [] : toolTrouble("llama-server", llama);
  // Vulkan always finds the processor itself, so an answer without GPUs is an answer.
  const listed = parseVulkaninfo(vulkan.stdout).filter(hasMemory);
  const silent = vulkan.status === "exited" ? [] : toolTrouble("vulkaninfo", vulkan);
  return { findings: listed, notes: listed.length > 0 ? [] : [...trouble, ...silent] };
}

/** Cards of NVIDIA on the bus that no tool speaks for. */
function voiceless(system: System, cards: readonly PciGpu[], nvidia: ProbeResult): Note[] {
  if (nvidia.findings.length > 0 || nvidia.notes.length > 0) return [];
  return cards.map((card) => ({
    code: "NVIDIA_NO_TOOL",
    args: { name: `NVIDIA ${nameOf(system.files, card) ?? "GPU"}` },
  }));
}

/** nvidia-smi calls every Jetson of a generation the same (`Orin (nvgpu)`), and the older ones have none. */
function withJetsonName(found: readonly Finding[], jetson: Finding | undefined): readonly Finding[] {
  if (jetson === undefined) return found;
  if (found.length === 0) return [jetson];
  return found.map((one) => (one.unified && jetson.name !== undefined ? { ...one, name: jetson.name } : one));
}

/** Containers show the bus of the host, but only what was passed in can be opened. */
function cannotOpen(system: System): boolean {
  return system.files.list("/dev/dri").length === 0 && !system.files.list("/dev").includes("kfd");
}

/**
 * The GPUs of a Linux machine: nvidia-smi for NVIDIA's, the kernel's files for the others, and other
 * tools only for what these leave open. Where there is no GPU on the bus nothing is started in vain.
 */
export async function probeLinux(system: System): Promise<ProbeResult> {
  const { files, host } = system;
  const { known, gpus } = scanPci(files);
  const of = (vendor: DeviceVendor): PciGpu[] => gpus.filter((gpu) => gpu.vendor === vendor);

  const kernel = [...amdFindings(files, of("amd"), host.availableBytes), ...intelFindings(files, of("intel"))];
  const closed = kernel.length > 0 && cannotOpen(system);
  const open = closed ? [] : kernel;
  const lacking = (vendor: DeviceVendor, need: (finding: Finding) => boolean): Finding[] =>
    open.filter((finding) => finding.vendor === vendor && need(finding));

  const amdLacks = lacking("amd", (one) => !hasMemory(one) || one.name === undefined).length > 0;
  const intelCards = lacking("intel", (one) => !one.unified);
  const intelLacks = intelCards.some((one) => !hasMemory(one));
  const [nvidia, amd, intel] = await Promise.all([
    probeNvidia(system),
    amdLacks || !known ? amdTools(system) : NOTHING,
    intelLacks || !known ? intelTool(system, intelCards.length) : NOTHING,
  ]);
  const nvidiaFindings = withJetsonName(nvidia.findings, jetsonFinding(system));
  const tools = (vendor: DeviceVendor, found: readonly Finding[]): readonly Finding[] =>
    known
      ? additions(
          lacking(vendor, () => true),
          found,
        )
      : found;
  const findings = [...nvidiaFindings, ...open, ...tools("amd", amd.findings), ...tools("intel", intel.findings)];
  const notes: Note[] = [
    ...nvidia.notes,
    ...voiceless(system, of("nvidia"), nvidia),
    ...amd.notes,
    ...intel.notes,
    ...(closed && nvidiaFindings.length === 0
      ? kernel.map((one) => ({ code: "GPU_NOT_ACCESSIBLE", args: { name: one.name ?? "GPU" } }))
      : []),
  ];
  if (findings.some(hasMemory) || (known && open.length === 0 && of("nvidia").length === 0)) return { findings, notes };

  const general = await generalTools(system);
  // What these list includes the devices that were found without memory.
  return general.findings.length > 0
    ? { findings: general.findings, notes }
    : { findings, notes: [...notes, ...general.notes] };
}
