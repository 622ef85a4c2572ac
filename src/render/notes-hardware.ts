import { gib, plain } from "./format.js";

type Args = Readonly<Record<string, string | number>>;

const text = (args: Args, key: string): string => plain(String(args[key] ?? ""));
const size = (args: Args, key: string): string => `${gib(Number(args[key] ?? 0))} GiB`;

/** The notes of `hardware/` in words: one sentence each, with what to do where there is something. */
export const hardwareNotes: Readonly<Record<string, (args: Args) => string>> = {
  NO_GPU_FOUND: () => 'No GPU was found, so this is judged against RAM; to judge a GPU, type --gpu "rtx 4090".',
  VRAM_WITHOUT_GPU: () => "Only a memory size was given, so the speed is unknown; name the card with --gpu.",
  GPU_VARIANT_ASSUMED: (args) => `Taken for the ${text(args, "name")}; as much memory have: ${text(args, "others")}.`,
  UNIFIED_MEMORY: (args) =>
    `The ${text(args, "name")} shares ${size(args, "ramBytes")} of RAM with the system and its programs.`,
  SHARED_POOL_ASSUMED: (args) =>
    `The ${text(args, "name")} is taken to be allowed ${size(args, "poolBytes")} of ${size(args, "ramBytes")} RAM; say --vram if yours is set otherwise.`,
  APPLE_LIMIT_ASSUMED: (args) =>
    `macOS ${text(args, "macos")} lets the GPU use ${size(args, "limitBytes")} of ${size(args, "ramBytes")}; earlier versions ${size(args, "olderLimitBytes")}.`,
  APPLE_LIMIT: (args) =>
    `macOS ${text(args, "macos")} lets the GPU use ${size(args, "limitBytes")} of ${size(args, "ramBytes")}; sudo sysctl iogpu.wired_limit_mb=<MiB> raises it.`,
  APPLE_WIRED_LIMIT: (args) =>
    `iogpu.wired_limit_mb lets the GPU use ${size(args, "limitBytes")} of ${size(args, "ramBytes")}.`,
  INTEGRATED_IGNORED: (args) =>
    `${text(args, "name")} is left out: llama.cpp uses it only where there is no other GPU.`,
  INTEGRATED_UNSIZED: (args) =>
    `${text(args, "name")} is left out: it uses the RAM, and nothing tells how much of it; give it with --gpu.`,
  GPU_MEMORY_UNKNOWN: (args) =>
    `${text(args, "name")} was found, but nothing tells its memory; give it with --gpu or --vram.`,
  GPU_NOT_ACCESSIBLE: (args) =>
    `${text(args, "name")} is in this computer but may not be used from here; pass /dev/dri and /dev/kfd into the container.`,
  VISIBLE_DEVICES: (args) => `${text(args, "variable")}=${text(args, "value")} hides the other NVIDIA cards.`,
  VISIBLE_DEVICES_UNCLEAR: (args) =>
    `${text(args, "variable")}=${text(args, "value")} counts unlike cards by speed; set CUDA_DEVICE_ORDER=PCI_BUS_ID to have it followed here.`,
  FREE_MEMORY_UNKNOWN: (args) =>
    `What is free on the ${text(args, "name")} is not known, so all of its memory is taken to be.`,
  TOOL_TIMEOUT: (args) => `${text(args, "tool")} did not answer in time and was ended.`,
  TOOL_FAILED: (args) => `${text(args, "tool")} failed: ${text(args, "detail")}`,
  TOOL_UNREADABLE: (args) => `${text(args, "tool")} printed nothing that could be read.`,
  NVIDIA_DRIVER_MISMATCH: () =>
    "The NVIDIA driver was updated while its old version is still loaded; restart the computer.",
  NVIDIA_DRIVER_DOWN: () => "nvidia-smi cannot reach the NVIDIA driver; check that it is installed and loaded.",
  NVIDIA_NO_DEVICES: () => "The NVIDIA driver runs but finds no card.",
  NVIDIA_BLOCKED: () =>
    "The operating system blocks access to the GPU; check the GPU settings of WSL or of the container.",
  NVIDIA_DEVICE_LOST: (args) => `The driver lost ${text(args, "device")}; it is left out.`,
  NVIDIA_PERMISSION: (args) => `${text(args, "name")}: its memory may not be read from here; give it with --vram.`,
  NVIDIA_NO_TOOL: (args) =>
    `${text(args, "name")} is in this computer, but nvidia-smi is not; install the driver or give --gpu.`,
  MIG_SLICES: (args) =>
    `The ${text(args, "name")} is divided into ${text(args, "count")} MIG slices; a program gets one, and this is the largest.`,
  MIG_UNKNOWN: (args) => `The ${text(args, "name")} is divided with MIG, and no slice of it is visible from here.`,
};
