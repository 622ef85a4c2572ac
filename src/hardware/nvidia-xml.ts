import { mebibytes } from "./nvidia-smi.js";
import { normalBusId } from "./probe.js";

/** One slice of a card divided with MIG, or the whole card. Sizes are bytes. */
export interface FramebufferUse {
  readonly totalBytes?: number;
  readonly usedBytes?: number;
  readonly freeBytes?: number;
}

export interface XmlCard extends FramebufferUse {
  readonly name: string;
  readonly pciBusId?: string;
  readonly slices: readonly FramebufferUse[];
}

const tag = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1]?.trim();

function framebuffer(xml: string): FramebufferUse {
  const usage = tag(xml, "fb_memory_usage") ?? "";
  const [totalBytes, usedBytes, freeBytes] = ["total", "used", "free"].map((name) => mebibytes(tag(usage, name)));
  return {
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...(usedBytes === undefined ? {} : { usedBytes }),
    ...(freeBytes === undefined ? {} : { freeBytes }),
  };
}

/** Parses `nvidia-smi -q -x`: the only form that tells the memory of every MIG slice. */
export function parseXml(text: string): XmlCard[] {
  return [...text.matchAll(/<gpu id="([^"]+)">([\s\S]*?)<\/gpu>/g)].map((gpu) => {
    const body = gpu[2] ?? "";
    const slices = [...body.matchAll(/<mig_device>([\s\S]*?)<\/mig_device>/g)].map((slice) =>
      framebuffer(slice[1] ?? ""),
    );
    const pciBusId = normalBusId(gpu[1] ?? "");
    return {
      name: tag(body, "product_name") ?? "",
      ...(pciBusId === undefined ? {} : { pciBusId }),
      // The slices come first and have framebuffers of their own.
      ...framebuffer(body.replace(/<mig_devices>[\s\S]*?<\/mig_devices>/, "")),
      slices,
    };
  });
}
